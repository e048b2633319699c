//! Loopback ports that stay free between two starts of the same server.

use std::{
    hash::{BuildHasher, RandomState},
    net::{Ipv4Addr, TcpListener},
};

/// Below the range from which Linux takes ports for outgoing connections (32768 and up): a port
/// from that range could be lost to any client between a server's death and its restart.
const FIRST: u16 = 15_000;
const COUNT: u64 = 17_000;

/// A random loopback port that nobody listens on just now, and that no outgoing connection will be
/// given. Another server may still take it first: one that finds it taken tries again with a new one.
#[must_use]
pub fn free_port() -> u16 {
    std::iter::repeat_with(candidate)
        .take(1_000)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .unwrap_or_else(candidate)
}

fn candidate() -> u16 {
    // Each `RandomState` has its own random keys, which makes an empty hash a random number.
    let offset = RandomState::new().hash_one(()) % COUNT;
    FIRST + u16::try_from(offset).expect("COUNT fits into 16 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picked_port_can_be_bound_and_lies_below_the_ephemeral_range() {
        let port = free_port();
        assert!((15_000..32_000).contains(&port));
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
}
