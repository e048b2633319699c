//! Workers at the host's socket. Each is shown how things are after every change, the last state
//! for sure, those between as fast as it reads.

use std::io;

use futures::{SinkExt, StreamExt};
use serde::Serialize;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{Request, Status, setup};
use crate::{
    procfs::{self, Process},
    protocol::{self, Reply, Wire},
};

pub(super) struct Connections {
    listener: UnixListener,
    tasks: JoinSet<io::Result<()>>,
    status: watch::Sender<Status>,
    requests: mpsc::UnboundedReceiver<Request>,
    requested: mpsc::UnboundedSender<Request>,
    /// How many have said hello and are still there.
    attending: watch::Sender<usize>,
}

impl Connections {
    pub(super) fn new(listener: UnixListener) -> Self {
        let (requested, requests) = mpsc::unbounded_channel();
        Self {
            listener,
            tasks: JoinSet::new(),
            status: watch::Sender::new(Status::default()),
            requests,
            requested,
            attending: watch::Sender::new(0),
        }
    }

    /// Whether any worker looks after the agent.
    pub(super) fn is_attended(&self) -> bool {
        *self.attending.borrow() > 0
    }

    /// Shows how things are.
    pub(super) fn show(&self, status: &Status) {
        self.status.send_if_modified(|shown| {
            // That time passes is no change.
            let same = Status {
                worked_ms: shown.worked_ms,
                ..status.clone()
            } == *shown;
            if !same {
                shown.clone_from(status);
            }
            !same
        });
    }

    /// Shows how things are even if nothing has changed but the time.
    pub(super) fn show_anew(&self, status: &Status) {
        self.status.send_replace(status.clone());
    }

    /// The next request. Comings and goings are requests that ask for nothing.
    pub(super) async fn next(&mut self) -> Option<Request> {
        tokio::select! {
            request = self.requests.recv() => request,
            accepted = self.listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    self.admit(stream);
                }
                Some(Request::Unknown)
            }
            Some(_) = self.tasks.join_next() => Some(Request::Unknown),
        }
    }

    /// Waits until all have heard the last state.
    pub(super) async fn close(mut self) {
        drop(self.listener);
        while self.tasks.join_next().await.is_some() {}
    }

    fn admit(&mut self, stream: UnixStream) {
        if is_from_below(&stream) {
            tracing::warn!("the agent itself wanted to speak to its host, and was refused");
            return;
        }
        let connection = Connection {
            wire: protocol::framed(stream),
            status: self.status.subscribe(),
            requested: self.requested.clone(),
            attending: self.attending.clone(),
        };
        self.tasks.spawn(connection.serve());
    }
}

/// Whether a connection comes from one of the agent's own processes.
fn is_from_below(stream: &UnixStream) -> bool {
    let peer = stream.peer_cred().ok().and_then(|peer| peer.pid());
    let below = procfs::descendants(&Process::all(), setup::own_pid());
    peer.is_none_or(|peer| below.iter().any(|process| process.pid == peer))
}

struct Connection {
    wire: Wire,
    status: watch::Receiver<Status>,
    requested: mpsc::UnboundedSender<Request>,
    attending: watch::Sender<usize>,
}

impl Connection {
    async fn serve(mut self) -> io::Result<()> {
        let Some(hello @ Request::Hello { .. }) = next_request(&mut self.wire).await else {
            return Ok(());
        };
        self.attending.send_modify(|count| *count += 1);
        // What is shown next is how things are now: that is the answer.
        self.status.mark_unchanged();
        let _ = self.requested.send(hello);
        let attending = self.attending.clone();
        let served = self.attend().await;
        attending.send_modify(|count| *count -= 1);
        served
    }

    async fn attend(mut self) -> io::Result<()> {
        loop {
            tokio::select! {
                biased;
                changed = self.status.changed() => {
                    let status = self.status.borrow_and_update().clone();
                    let ended = status.ended || changed.is_err();
                    say(&mut self.wire, &Reply::Status(status)).await?;
                    if ended {
                        return Ok(());
                    }
                }
                request = next_request(&mut self.wire) => match request {
                    // The host lives longer than this task.
                    Some(request) => drop(self.requested.send(request)),
                    None => return Ok(()),
                },
            }
        }
    }
}

/// The next word; none at the connection's end.
async fn next_request(wire: &mut Wire) -> Option<Request> {
    loop {
        let frame = wire.next().await?.ok()?;
        if let Some(request) = protocol::word(&frame) {
            return Some(request);
        }
    }
}

async fn say(wire: &mut Wire, word: &impl Serialize) -> io::Result<()> {
    wire.send(protocol::frame(word)?).await
}
