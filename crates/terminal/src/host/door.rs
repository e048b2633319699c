//! The agent's calls at `agent.sock`: words in, words out, a call a connection. What they mean is
//! not known here.

use std::{collections::BTreeMap, io};

use futures::{SinkExt, StreamExt};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_util::codec::{Framed, LinesCodec};

use crate::{
    asking::{AgentWord, HostWord, LINE_BYTES},
    checkpoint::CallId,
    procfs::Process,
};

/// How many calls may be under way; others wait to be let in.
const CALLS: usize = 512;
/// How many words may wait for the host; whoever says more waits.
const WORDS: usize = 64;

/// What somebody at the door says.
pub(super) enum AtDoor {
    Said(CallId, AgentWord),
    Gone(CallId),
    /// Nothing: somebody came.
    Nothing,
}

/// Who calls.
struct Caller {
    /// Where it hears.
    ear: mpsc::UnboundedSender<HostWord>,
    /// Its process, where that is known.
    pid: Option<i32>,
}

/// A call's own words and the place where it hears the host's.
type Line = Framed<UnixStream, LinesCodec>;

pub(super) struct Door {
    listener: UnixListener,
    tasks: JoinSet<()>,
    said: mpsc::Receiver<AtDoor>,
    sayer: mpsc::Sender<AtDoor>,
    /// The calls that are under way.
    callers: BTreeMap<CallId, Caller>,
    /// How many they are.
    under_way: watch::Sender<usize>,
    count: u64,
}

impl Door {
    pub(super) fn new(listener: UnixListener) -> Self {
        let (sayer, said) = mpsc::channel(WORDS);
        Self {
            listener,
            tasks: JoinSet::new(),
            said,
            sayer,
            callers: BTreeMap::new(),
            under_way: watch::Sender::new(0),
            count: 0,
        }
    }

    /// What is said next.
    pub(super) async fn next(&mut self) -> AtDoor {
        tokio::select! {
            Some(said) = self.said.recv() => {
                if let AtDoor::Gone(call) = said {
                    self.callers.remove(&call);
                    self.under_way.send_replace(self.callers.len());
                }
                said
            }
            accepted = self.listener.accept(), if self.callers.len() < CALLS => {
                if let Ok((stream, _)) = accepted {
                    self.admit(stream);
                }
                AtDoor::Nothing
            }
            Some(_) = self.tasks.join_next() => AtDoor::Nothing,
        }
    }

    /// How many calls are under way.
    pub(super) fn under_way(&self) -> watch::Receiver<usize> {
        self.under_way.subscribe()
    }

    /// Whether a call comes from this process or from below it.
    pub(super) fn is_from(&self, call: CallId, root: i32) -> bool {
        let mut at = self.callers.get(&call).and_then(|caller| caller.pid);
        while let Some(pid) = at.filter(|pid| *pid > 1) {
            if pid == root {
                return true;
            }
            at = Process::of(pid).map(|process| process.parent);
        }
        false
    }

    /// Says something to a call. One that is gone hears nothing.
    pub(super) fn say(&self, call: CallId, word: HostWord) {
        if let Some(caller) = self.callers.get(&call) {
            let _ = caller.ear.send(word);
        }
    }

    fn admit(&mut self, stream: UnixStream) {
        self.count += 1;
        let id = CallId(self.count);
        let (ear, heard) = mpsc::unbounded_channel();
        let pid = stream.peer_cred().ok().and_then(|peer| peer.pid());
        self.callers.insert(id, Caller { ear, pid });
        self.under_way.send_replace(self.callers.len());
        let call = Call {
            id,
            line: Framed::new(stream, LinesCodec::new_with_max_length(LINE_BYTES)),
            heard,
            sayer: self.sayer.clone(),
        };
        self.tasks.spawn(call.serve());
    }
}

struct Call {
    id: CallId,
    line: Line,
    heard: mpsc::UnboundedReceiver<HostWord>,
    sayer: mpsc::Sender<AtDoor>,
}

impl Call {
    /// Until its end, of which the host is told whatever the reason.
    async fn serve(mut self) {
        let id = self.id;
        if let Err(error) = self.talk().await {
            tracing::debug!(%error, "a call of the agent broke");
        }
        // A host that is leaving hears nothing more.
        let _ = self.sayer.send(AtDoor::Gone(id)).await;
    }

    async fn talk(&mut self) -> io::Result<()> {
        loop {
            tokio::select! {
                line = self.line.next() => {
                    let Some(line) = line else { return Ok(()) };
                    let line = line.map_err(io::Error::other)?;
                    let word = match serde_json::from_str(&line) {
                        Ok(word) => word,
                        Err(error) => return self.refuse(&error).await,
                    };
                    if self.sayer.send(AtDoor::Said(self.id, word)).await.is_err() {
                        return Ok(());
                    }
                }
                Some(word) = self.heard.recv() => {
                    self.say(&word).await?;
                }
            }
        }
    }

    async fn say(&mut self, word: &HostWord) -> io::Result<()> {
        let text = serde_json::to_string(word)?;
        self.line.send(text).await.map_err(io::Error::other)
    }

    async fn refuse(&mut self, error: &serde_json::Error) -> io::Result<()> {
        let reason = format!("a line cannot be understood: {error}");
        self.say(&HostWord::Refused { reason }).await
    }
}
