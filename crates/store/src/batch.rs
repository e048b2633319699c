//! What the recorder writes at once.

use std::collections::BTreeMap;

use baton_domain::{DrainScope, Position};
use chrono::{DateTime, Utc};

use crate::{
    artifacts::StoredArtifact,
    control::NewControl,
    control_events::StoredControlEvent,
    drains::StoredDrain,
    events::NewEvent,
    help::{HelpStep, NewHelp},
    inputs::StoredInput,
    messages::{MessageStep, StoredMessage},
    runs::{RunRecord, StoredRun},
    sessions::NewSession,
};

/// The last message of a stretch of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Through {
    /// Where the broker keeps it.
    pub position: Position,
    /// When the broker took it.
    pub stored_at: DateTime<Utc>,
}

/// Everything that a stretch of the stream changes. Written whole or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Runs that were submitted in it, as they stand after it.
    pub new_runs: Vec<StoredRun>,
    /// Older runs that it changed, as they stand after it; each once.
    pub changed_runs: Vec<RunRecord>,
    /// What was said in it. Reports that are kept already are left out.
    pub events: Vec<NewEvent>,
    /// Sessions that it changed, as they stand after it; each once.
    pub sessions: Vec<NewSession>,
    /// Controls that it changed, as they stand after it; each once.
    pub controls: Vec<NewControl>,
    /// Messages that were sent in it, as they stand after it.
    pub messages: Vec<StoredMessage>,
    /// Older messages that it changed, as they stand after it; each once.
    pub message_steps: Vec<MessageStep>,
    /// Requests for a person that were opened in it, as they stand after it.
    pub help: Vec<NewHelp>,
    /// Older requests that it changed, as they stand after it; each once.
    pub help_steps: Vec<HelpStep>,
    /// What operators, workers and supervisors did in it.
    pub control_events: Vec<StoredControlEvent>,
    /// What was typed.
    pub inputs: Vec<StoredInput>,
    /// Files that it tells of; each once. A later report of the same file replaces an earlier one.
    pub artifacts: Vec<StoredArtifact>,
    /// Scopes that were drained, and those that no longer are.
    pub drains: BTreeMap<DrainScope, Option<StoredDrain>>,
    /// Messages of it that could not be read.
    pub unreadable: Vec<UnreadableMessage>,
}

/// A message that could not be read, kept as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableMessage {
    /// Where the broker keeps it.
    pub position: Position,
    /// Where it was published.
    pub subject: String,
    /// Its body.
    pub payload: Vec<u8>,
    /// Why it could not be read.
    pub error: String,
    /// When the broker took it.
    pub stored_at: DateTime<Utc>,
}
