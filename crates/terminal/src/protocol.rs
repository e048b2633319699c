//! What a worker and a host say to each other: frames of a length (4 bytes, big endian) and JSON.
//! Readers pass over fields and words that they do not know, so that a later build may take over
//! the hosts of an earlier one.

use std::time::Duration;

use baton_domain::{PauseMethod, TerminalName, WriteEnd};
use baton_wire::{grant::SignedGate, http::PublicKeyInfo};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::net::UnixStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};
use uuid::Uuid;

use crate::control::{AgentMessage, HelpAnswer, Hold};

/// The version of these words. It rises when an old reader could misunderstand them.
pub(crate) const PROTOCOL: u32 = 1;
/// The socket in the host's folder.
pub(crate) const SOCKET: &str = "socket";
/// The journal in the host's folder.
pub(crate) const JOURNAL: &str = "journal";
/// How far an attended agent's journal may be ahead of its reader before the agent has to wait, in
/// bytes.
pub(crate) const WINDOW: u64 = 8 << 20;
/// In the host's environment, with the protocol's version.
pub(crate) const HOST_VARIABLE: &str = "BATON_PTY_HOST";

/// From a worker to a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "camelCase")]
pub(crate) enum Request {
    /// The first word: the worker looks after the agent from now on.
    Hello { protocol: u32 },
    /// Say how much was used.
    Measure,
    /// End the agent and all that it has started.
    End { how: EndHow },
    /// Hold it still.
    Freeze,
    /// Let it go on.
    Thaw,
    /// So many bytes of the journal were read.
    Read { bytes: u64 },
    /// Show a text in the agent's terminal.
    Show {
        text: String,
        /// Its place among the texts that follow from the journal: what was shown before is not
        /// shown again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<u64>,
    },
    /// Put a marker into the recording.
    Mark { label: String },
    /// Who may type, as the API has signed it; and how the grant before ended, if it was ended.
    Gate { signed: SignedGate, ended: WriteEnd },
    /// Whose signatures count from now on.
    Trust { keys: Vec<PublicKeyInfo> },
    /// Let nobody type any more.
    CloseGate { cause: WriteEnd },
    /// End the operator's shell.
    EndShell,
    /// Whether the agent stands still at its checkpoints from now on, and for whom.
    Hold { hold: Option<Hold> },
    /// Type this to the agent, which waits for that: its turn is over, and messages wait for it.
    Wake { words: String },
    /// Tell the agent something.
    Tell { message: AgentMessage },
    /// Do not tell it, unless it was told.
    TakeBack { id: Uuid },
    /// Answer what it asked.
    Answer { answer: HelpAnswer },
    /// The first word of a watcher: from the answer on, both sides send the frames of a terminal.
    Watch(WatchWish),
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

/// By what means somebody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Via {
    /// The run's worker, for everybody in the browser and at `baton attach`.
    Worker,
    /// A pane of a tmate session.
    Tmate,
    /// A person on the worker's machine, who can only watch.
    Local,
}

/// How an end begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EndHow {
    /// By SIGINT, as a person at the keyboard would.
    Asking,
    /// By SIGTERM.
    Telling,
}

/// What somebody wants to watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchWish {
    /// Which terminal.
    pub terminal: TerminalName,
    /// What was seen of it, if anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Seen>,
    /// By what means.
    pub via: Via,
}

/// How much of a terminal was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// In which life of the terminal.
    pub epoch: u64,
    /// How much of what it has shown, in bytes.
    pub offset: u64,
}

impl Seen {
    /// Nothing yet, in whatever life: everything that is there comes from its start, unless that is
    /// gone or too much.
    pub const NOTHING: Self = Self {
        epoch: 0,
        offset: 0,
    };
}

/// From a host to its workers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "camelCase")]
pub(crate) enum Reply {
    /// How things are; said at first and after every change.
    Status(Status),
    /// A gate is not obeyed.
    GateRefused(GateRefused),
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

/// Why something that was signed is not obeyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GateRefused {
    /// The key that it is signed by, if that is not known to the host: tell it the API's keys, then
    /// the gate again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_key: Option<String>,
    /// Why, for a person.
    pub reason: String,
}

/// How things are with an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// The version that the host speaks.
    pub protocol: u32,
    /// The host's process.
    pub host: i32,
    /// The agent's process, and its group's.
    pub agent: Option<i32>,
    /// How much the journal holds, in bytes.
    pub journal: u64,
    /// What the agent has printed, in bytes.
    pub output_bytes: u64,
    /// Time that all its processes have spent on processors when they were last measured.
    pub cpu_ms: u64,
    /// How long the agent has run, without the time that it was held still, or waited for a person.
    pub worked_ms: u64,
    /// How long it was held still when it was last let go.
    pub frozen_ms: u64,
    /// Whether it is held still.
    pub frozen: bool,
    /// Whether the journal is complete: the host leaves.
    pub ended: bool,
    /// By what means it is held still, or was the last time; before that, how it would be. Absent
    /// from an older host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze_method: Option<PauseMethod>,
    /// The hold that counts at checkpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Uuid>,
    /// Whether the agent waits in a checkpoint because of it.
    pub waiting: bool,
    /// Whether somebody of the agent waits for a person's answer. Its time goes on as soon as there is
    /// a sign that it works all the same.
    pub asking: bool,
    /// How many checkpoints the agent has come to.
    pub checkpoints: u64,
    /// How many messages it was not handed yet.
    pub pending: u32,
    /// How many turns it has ended.
    pub turns: u32,
    /// How many times words that were typed to it went to its model.
    pub prompts: u32,
    /// Whether its last checkpoint was the end of a turn.
    pub between_turns: bool,
}

impl Status {
    /// How long the agent has run, without the time that it was held still, or waited for a person.
    #[must_use]
    pub const fn worked(&self) -> Duration {
        Duration::from_millis(self.worked_ms)
    }
}

/// A connection in frames.
pub(crate) type Wire = Framed<UnixStream, LengthDelimitedCodec>;

/// A connection, ready for words.
pub(crate) fn framed(stream: UnixStream) -> Wire {
    Framed::new(stream, LengthDelimitedCodec::new())
}

/// A word as a frame.
pub(crate) fn frame(word: &impl Serialize) -> Result<bytes::Bytes, serde_json::Error> {
    serde_json::to_vec(word).map(Into::into)
}

/// A frame as a word; none when it is of a later version.
pub(crate) fn word<T: DeserializeOwned>(frame: &[u8]) -> Option<T> {
    serde_json::from_slice(frame).ok()
}
