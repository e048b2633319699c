//! Whether a relay is there and speaks SSH. tmate itself waits for ever, or for 81 seconds where
//! packets are dropped, so that it is asked for nothing before this has gone well.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::AsyncReadExt,
    net::{TcpStream, lookup_host},
    time::{Instant, timeout_at},
};

/// What an SSH server says first.
const BANNER: &[u8] = b"SSH-2.0-";

/// Why a relay is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreached {
    #[error("its name does not resolve; correct BATON_WORKER_TMATE_RELAY_HOST or the worker's DNS")]
    Unknown,
    #[error("nothing listens there; start the relay, or correct its host and port")]
    Closed,
    #[error("no answer comes; look at the network and firewalls between worker and relay")]
    Dropped,
    #[error("it takes the connection and says nothing; the relay hangs, or is no SSH server")]
    Silent,
    #[error("what answers there is no SSH server; correct the relay's host and port")]
    NotSsh,
}

impl Unreached {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "relay_unknown",
            Self::Closed | Self::Dropped => "relay_unreachable",
            Self::Silent => "relay_silent",
            Self::NotSsh => "relay_not_ssh",
        }
    }
}

/// The address at which an SSH server has answered in time.
pub(super) async fn reach(
    host: &str,
    port: u16,
    within: Duration,
) -> Result<SocketAddr, Unreached> {
    let deadline = Instant::now() + within;
    let found = timeout_at(deadline, lookup_host((host, port))).await;
    let addresses = found.ok().and_then(Result::ok).ok_or(Unreached::Unknown)?;
    let mut unreached = Unreached::Unknown;
    for address in addresses {
        match probe(address, deadline).await {
            Ok(()) => return Ok(address),
            Err(why) => unreached = why,
        }
    }
    Err(unreached)
}

/// Whether an SSH server answers at one address.
pub(super) async fn probe(address: SocketAddr, deadline: Instant) -> Result<(), Unreached> {
    let connected = timeout_at(deadline, TcpStream::connect(address)).await;
    let mut stream = connected
        .map_err(|_| Unreached::Dropped)?
        .map_err(|error| refusal(&error))?;
    let mut said = [0; BANNER.len()];
    let read = timeout_at(deadline, stream.read_exact(&mut said)).await;
    match read {
        Err(_) => Err(Unreached::Silent),
        // It hung up.
        Ok(Err(_)) => Err(Unreached::Closed),
        Ok(Ok(_)) if said == BANNER => Ok(()),
        Ok(Ok(_)) => Err(Unreached::NotSsh),
    }
}

fn refusal(error: &io::Error) -> Unreached {
    match error.kind() {
        io::ErrorKind::TimedOut => Unreached::Dropped,
        _ => Unreached::Closed,
    }
}
