//! What a journal tells.

use std::time::Duration;

use baton_domain::{EndStep, TerminalName, TerminalSize};
use baton_wire::event::{
    GateMoved, HelpClosed, HelpNeeded, InputTyped, MessageDelivered, MessageSeen, WriteEnded,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    cgroup::Cgroup,
    control::{Held, LetGo, TurnEnded},
    family::Family,
    mark::Mark,
    procfs::start_ticks,
};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// How long after the agent's start.
    pub at: Duration,
    /// What happened.
    pub what: What,
}

/// What a journal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The agent runs; always the first.
    Started(Started),
    /// It printed this on its standard output.
    Stdout(Vec<u8>),
    /// It printed this on its standard error.
    Stderr(Vec<u8>),
    /// A terminal shows this: what programs printed on it, without secrets and without what
    /// could harm a viewer.
    Printed(TerminalName, Vec<u8>),
    /// The agent's terminal shows this since its worker has wished so.
    Shown(Vec<u8>),
    /// A marker in the recording.
    Marked(String),
    /// A terminal has this size from now on.
    Sized(TerminalName, TerminalSize),
    /// Somebody else may type, or nobody.
    GateMoved(GateMoved),
    /// Somebody may type no more.
    WriteEnded(WriteEnded),
    /// Something was typed.
    Typed(InputTyped),
    /// It printed so many bytes that are not kept.
    Lost(u64),
    /// It could not be started; the only entry.
    NotStarted(NotStarted),
    /// It waits in a checkpoint because of a hold.
    Held(Held),
    /// It waits because of a hold no more.
    LetGo(LetGo),
    /// It was handed a message.
    MessageDelivered(MessageDelivered),
    /// A message stands in a request that its model has answered.
    MessageSeen(MessageSeen),
    /// A message was taken back in time: it will not be handed over.
    MessageTakenBack(Uuid),
    /// It needs a person.
    HelpNeeded(HelpNeeded),
    /// It needs a person for that no more.
    HelpClosed(HelpClosed),
    /// Its turn has ended.
    TurnEnded(TurnEnded),
    /// A step of ending it was taken.
    Step(EndStep),
    /// It ended; always the last.
    Ended(Ended),
    /// An entry of a later version.
    Unknown,
}

/// A process that cannot be mistaken for a later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// Its id, and its group's.
    pub pid: i32,
    /// When it started, in clock ticks since boot.
    pub start_ticks: u64,
    /// Its control group, where one was allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Cgroup>,
}

impl Started {
    /// Everything that the agent has started, as far as somebody else than its host can know.
    #[must_use]
    pub fn family(&self, mark: Mark) -> Family {
        let ours = start_ticks(self.pid) == Some(self.start_ticks);
        Family {
            group: ours.then_some(self.pid),
            mark: Some(mark),
            root: None,
            cgroup: self.cgroup.clone(),
            never_held: None,
        }
    }
}

/// Why an agent could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotStarted {
    /// Whether there is no such program.
    pub missing: bool,
    /// What the system says.
    pub message: String,
}

/// How an agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// Its exit code or signal.
    pub exit: Exit,
    /// How long it ran, without the time that it was held still, in milliseconds.
    pub worked_ms: u64,
    /// Time that all its processes have spent on processors, in milliseconds.
    pub cpu_ms: u64,
}

/// A program's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exit {
    /// It ended with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}
