//! Loopback ports that stay free between two starts of the same server.

use std::{
    hash::{BuildHasher, RandomState},
    net::{Ipv4Addr, TcpListener},
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
    sync::{Mutex, PoisonError},
};

/// Ports that this process has picked. Its claims end with it.
static CLAIMS: Mutex<Vec<UnixDatagram>> = Mutex::new(Vec::new());

/// Below the range from which Linux takes ports for outgoing connections (32768 and up): a port
/// from that range could be lost to any client between a server's death and its restart.
const FIRST: u16 = 15_000;
const COUNT: u64 = 17_000;

/// A random loopback port that nobody listens on just now, that no outgoing connection will be
/// given, and that no other process of Baton picks while this one lives: a server that is stopped
/// for a while finds its port free again.
#[must_use]
pub fn free_port() -> u16 {
    std::iter::repeat_with(candidate)
        .take(1_000)
        .find(|port| is_free(*port))
        .unwrap_or_else(candidate)
}

fn is_free(port: u16) -> bool {
    let Some(claim) = claim(port) else {
        return false;
    };
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    if free {
        let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
        claims.push(claim);
    }
    free
}

/// A name that one process of the machine can have at a time, and loses when it ends.
fn claim(port: u16) -> Option<UnixDatagram> {
    let name = SocketAddr::from_abstract_name(format!("baton-port-{port}")).ok()?;
    UnixDatagram::bind_addr(&name).ok()
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

    #[test]
    fn a_picked_port_is_picked_by_nobody_else_though_nobody_listens() {
        let port = free_port();
        assert!(!is_free(port));
        assert!(is_free(free_port_unclaimed()));
    }

    fn free_port_unclaimed() -> u16 {
        let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
        let unclaimed = |port: &u16| claim(*port).is_some();
        let ports = std::iter::repeat_with(candidate).take(100);
        ports.filter(free).find(unclaimed).expect("a free port")
    }
}
