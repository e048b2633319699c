//! What the core wants done, in order.

use baton_domain::MessageState;
use baton_terminal::{AgentMessage, HelpAnswer};
use baton_wire::Event;
use serde::Serialize;
use uuid::Uuid;

use super::hand_back::HandBack;

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    /// Say it.
    Say(Box<Event>),
    /// Have the agent told something.
    Tell(AgentMessage),
    /// Do not have it told that.
    TakeBack(Uuid),
    /// Answer what it asked.
    Answer(HelpAnswer),
    /// Show a line in its terminal.
    Show(String),
    /// Put a marker into its recording.
    Mark(String),
    /// Keep a line of the run's inbox.
    Inbox(InboxLine),
    /// Note the state of the workspace before an operator works there.
    NoteWorkspace(Uuid),
    /// Find out what an operator has done.
    HandBack(Box<HandBack>),
    /// Nobody types any more, and the operator's shell ends.
    CloseShell,
    /// Count the lines that were changed in the workspace.
    CountChanges,
    /// End the run as cancelled.
    Cancel,
}

/// A line of `operator_inbox.jsonl`: a message, or how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InboxLine {
    /// The command that brought it.
    pub(super) message: Uuid,
    /// How far it has come.
    pub(super) state: MessageState,
    /// Who writes.
    pub(super) from: String,
    /// `steering` or `queued`.
    pub(super) kind: &'static str,
    /// What it says: once, when it comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}
