//! Workers and watchers at the host's socket. Each worker is shown how things are after every
//! change, the last state for sure, those between as fast as it reads. Watchers are served in
//! `watch`.

use std::io;

use futures::{SinkExt, StreamExt};
use serde::Serialize;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{broadcast, mpsc, watch},
    task::JoinSet,
};

use super::{Request, Status, call::Call, setup, watch::Watch};
use crate::{
    gate::Source,
    procfs::{self, Process},
    protocol::{self, GateRefused, Reply, Wire},
};

/// How many calls may wait for the host; whoever calls more waits.
const CALLS: usize = 256;
/// How many words may wait for a worker that does not listen; it loses the oldest.
const WORDS: usize = 64;

pub(super) struct Connections {
    listener: UnixListener,
    tasks: JoinSet<io::Result<()>>,
    status: watch::Sender<Status>,
    calls: mpsc::Receiver<Call>,
    caller: mpsc::Sender<Call>,
    refusals: broadcast::Sender<GateRefused>,
    /// How many connections there were.
    count: u64,
    /// How many have said hello and are still there.
    attending: watch::Sender<usize>,
}

impl Connections {
    pub(super) fn new(listener: UnixListener) -> Self {
        let (caller, calls) = mpsc::channel(CALLS);
        Self {
            listener,
            tasks: JoinSet::new(),
            status: watch::Sender::new(Status::default()),
            calls,
            caller,
            refusals: broadcast::Sender::new(WORDS),
            count: 0,
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

    /// Tells the workers that a gate is not obeyed.
    pub(super) fn refuse(&self, refused: GateRefused) {
        // Nobody may be there.
        let _ = self.refusals.send(refused);
    }

    /// The next call. Comings and goings are calls that want nothing.
    pub(super) async fn next(&mut self) -> Call {
        tokio::select! {
            Some(call) = self.calls.recv() => call,
            accepted = self.listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    self.admit(stream);
                }
                Call::Nothing
            }
            Some(_) = self.tasks.join_next() => Call::Nothing,
        }
    }

    /// Waits until all have heard the last state.
    pub(super) async fn close(mut self) {
        drop(self.listener);
        // Whoever still calls is not kept waiting for an answer.
        drop(self.calls);
        while self.tasks.join_next().await.is_some() {}
    }

    fn admit(&mut self, stream: UnixStream) {
        if is_from_below(&stream) {
            tracing::warn!("the agent itself wanted to speak to its host, and was refused");
            return;
        }
        self.count += 1;
        let connection = Connection {
            number: self.count,
            wire: protocol::framed(stream),
            status: self.status.subscribe(),
            refusals: self.refusals.subscribe(),
            caller: self.caller.clone(),
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
    number: u64,
    wire: Wire,
    status: watch::Receiver<Status>,
    refusals: broadcast::Receiver<GateRefused>,
    caller: mpsc::Sender<Call>,
    attending: watch::Sender<usize>,
}

impl Connection {
    async fn serve(mut self) -> io::Result<()> {
        match next_request(&mut self.wire).await {
            Some(hello @ Request::Hello { .. }) => self.work(hello).await,
            Some(Request::Watch(wish)) => {
                let watch = Watch {
                    wish,
                    source: Source {
                        via: wish.via,
                        connection: self.number,
                    },
                    caller: self.caller,
                };
                watch.serve(self.wire).await
            }
            _ => Ok(()),
        }
    }

    async fn work(mut self, hello: Request) -> io::Result<()> {
        self.attending.send_modify(|count| *count += 1);
        // What is shown next is how things are now: that is the answer.
        self.status.mark_unchanged();
        let _ = self.caller.send(Call::Request(hello)).await;
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
                Ok(refused) = self.refusals.recv() => {
                    say(&mut self.wire, &Reply::GateRefused(refused)).await?;
                }
                request = next_request(&mut self.wire) => match request {
                    // A host that is leaving hears nothing more, and says so.
                    Some(request) => drop(self.caller.send(Call::Request(request)).await),
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
