//! What is said to the host by whoever is connected to its socket.

use std::sync::Arc;

use baton_domain::TerminalName;
use baton_wire::terminal::Frame;

use super::{Request, queue::Queue};
use crate::{gate::Source, protocol::WatchWish};

/// What somebody at the socket wants.
pub(super) enum Call {
    /// A worker's request.
    Request(Request),
    /// Somebody wants to watch.
    Watch(WatchWish, Source, Arc<Queue>),
    /// A watcher of this terminal says something.
    Frame(TerminalName, Source, Frame),
    /// A watcher that had fallen behind reads again.
    Anew(Source),
    /// A watcher is gone.
    Left(Source),
    /// Nothing: somebody came or went.
    Nothing,
}
