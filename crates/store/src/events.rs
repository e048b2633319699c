//! What was said about runs, in the total order.

mod after;
mod append;
mod copy;
mod holders;
mod row;

use baton_domain::{Attempt, EventSeq, Position, RunId};
use chrono::{DateTime, Utc};
use serde_json::Value;

pub use after::{after, after_of_all};
pub(crate) use append::{Appended, Repeats, append};
pub use holders::holders;

/// Something that was said about a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// The message's place in the total order.
    pub position: Position,
    /// The event's place in its message, from 0.
    pub index: u16,
    /// The run.
    pub run: RunId,
    /// The attempt it speaks of; none for commands.
    pub attempt: Option<Attempt>,
    /// The event's place in its attempt; none for offers, leases and commands.
    pub seq: Option<EventSeq>,
    /// Who said it.
    pub source: String,
    /// What happened.
    pub kind: String,
    /// When, by the clock of whoever said it.
    pub at: DateTime<Utc>,
    /// Why it changed nothing; none if it was taken into the run's state.
    pub refusal: Option<String>,
    /// The event's own fields.
    pub data: Value,
}

/// An event for the recorder to keep; the same as will be read.
pub type NewEvent = StoredEvent;

/// Events, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventPage {
    /// The events; those of one message are never split over pages.
    pub events: Vec<StoredEvent>,
    /// Whether others follow at this moment.
    pub has_more: bool,
}
