//! A relay for tmate that the real client accepts: an SSH server with the subsystem `tmate`, whose
//! words are msgpack arrays. It knows enough for one host at a time and its viewers, and it can be
//! mute, refuse, freeze, die and come back. Nothing of what it hears is ever run.

mod frames;
mod host;
mod random;
mod seen;
mod server;
mod viewer;

use std::{net::SocketAddr, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use tokio::{net::TcpSocket, sync::watch, task::JoinSet, time::timeout};

pub use self::seen::{HostSeen, RelaySeen};
use crate::fault::Proxy;

/// How long a test waits for the client before it fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// What may be under way to a relay that has stopped reading. Small, so that a frozen relay is
/// felt after kilobytes, as it would be on a real network after more of them.
const RECEIVE_BUFFER: u32 = 16 << 10;

/// How the relay treats hosts that come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayManner {
    /// It gives them links.
    Serve,
    /// It lets them in, and never says that they are ready.
    Mute,
    /// It lets nobody in.
    Refuse,
}

/// A relay on loopback. Dropping it ends every connection.
#[derive(Debug)]
pub struct TmateRelay {
    address: SocketAddr,
    ed25519_fingerprint: String,
    rsa_fingerprint: String,
    shared: Shared,
    /// What clients connect to: the wire that can be held and cut.
    front: Proxy,
    _tasks: JoinSet<()>,
}

/// What the relay's connections share.
#[derive(Debug, Clone)]
struct Shared {
    seen: watch::Sender<RelaySeen>,
    manner: watch::Sender<RelayManner>,
    /// Where clients reach it.
    address: SocketAddr,
}

impl TmateRelay {
    /// Starts on a free port.
    pub async fn start() -> Self {
        let front = listener();
        let address = front.local_addr().expect("a bound listener has one");
        let shared = Shared {
            seen: watch::Sender::default(),
            manner: watch::Sender::new(RelayManner::Serve),
            address,
        };
        let mut tasks = JoinSet::new();
        let (behind, fingerprint) = server::start(&shared, &mut tasks);
        Self {
            address,
            ed25519_fingerprint: fingerprint,
            // The host has no such key; the client wants one to be set all the same.
            rsa_fingerprint: format!("SHA256:{}", STANDARD_NO_PAD.encode([7; 32])),
            shared,
            front: Proxy::start_on(front, &behind.to_string()),
            _tasks: tasks,
        }
    }

    /// The host to connect to.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.ip().to_string()
    }

    /// The port to connect to.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// `SHA256:…` of its host key, as tmate writes it.
    #[must_use]
    pub fn ed25519_fingerprint(&self) -> &str {
        &self.ed25519_fingerprint
    }

    /// `SHA256:…` of a key that it never shows.
    #[must_use]
    pub fn rsa_fingerprint(&self) -> &str {
        &self.rsa_fingerprint
    }

    /// How hosts that come from now on are treated.
    pub fn behave(&self, manner: RelayManner) {
        self.shared.manner.send_replace(manner);
    }

    /// Reads and says nothing more, while every connection stays.
    pub fn freeze(&self) {
        self.front.stall();
    }

    /// Ends every connection, and every new one as soon as it is made.
    pub fn die(&self) {
        self.front.cut();
    }

    /// Is there again, after a freeze or a death. Hosts that come get new tokens.
    pub fn come_back(&self) {
        self.front.restore();
    }

    /// What it has seen, now.
    #[must_use]
    pub fn seen(&self) -> RelaySeen {
        self.shared.seen.borrow().clone()
    }

    /// Waits until what it has seen is as wished, and returns it; fails the test after a while.
    pub async fn wait_for(&self, what: &str, wished: impl FnMut(&RelaySeen) -> bool) -> RelaySeen {
        let mut seen = self.shared.seen.subscribe();
        let found = timeout(PATIENCE, seen.wait_for(wished)).await;
        match found {
            Ok(Ok(seen)) => seen.clone(),
            _ => panic!("the relay never saw {what}: {:?}", self.seen()),
        }
    }

    /// Types into a pane as a viewer with the read-write link does; without a pane, into the active
    /// one.
    pub async fn press(&self, pane: Option<i64>, keys: &str) {
        let voice = self.shared.seen.borrow().voice();
        let voice = voice.expect("a host is there");
        for key in keys.chars() {
            let key = i64::from(u32::from(key));
            voice.say(frames::pane_key(pane.unwrap_or(-1), key)).await;
        }
    }

    /// Gives the host's panes a size, as its smallest viewer does.
    pub async fn resize(&self, columns: i64, rows: i64) {
        let voice = self.shared.seen.borrow().voice();
        let voice = voice.expect("a host is there");
        voice.say(frames::resize(columns, rows)).await;
    }
}

fn listener() -> tokio::net::TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .set_recv_buffer_size(RECEIVE_BUFFER)
        .expect("a buffer of that size");
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(address).expect("a free loopback port");
    socket.listen(64).expect("a bound socket listens")
}

impl Shared {
    fn manner(&self) -> RelayManner {
        *self.manner.borrow()
    }
}
