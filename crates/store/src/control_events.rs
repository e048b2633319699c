//! What operators, workers and supervisors did to runs; only added to.

mod after;
mod append;
mod get;
mod row;

use baton_domain::{Attempt, Position, RunId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use after::after;
pub(crate) use append::append;
pub use get::get;

/// Where something stands in the total order: its message, and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The message's.
    pub position: Position,
    /// In the message, from 0.
    pub index: u16,
}

impl Mark {
    /// Before everything.
    pub const START: Self = Self {
        position: Position::START,
        index: 0,
    };
}

/// A deed as recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredControlEvent {
    /// Its place in the total order.
    pub mark: Mark,
    /// The id that its sender gave it; otherwise made of its place.
    pub id: Uuid,
    /// The run.
    pub run: RunId,
    /// The attempt that it concerns, where it concerns one.
    pub attempt: Option<Attempt>,
    /// `operator`, `worker` or `supervisor`.
    pub actor_kind: String,
    /// Who did it.
    pub actor: String,
    /// What.
    pub action: String,
    /// When, by the clock of whoever said it.
    pub at: DateTime<Utc>,
    /// Why it changed nothing; none if it did.
    pub refusal: Option<String>,
    /// What belongs to the action; an object.
    pub metadata: Value,
    /// The command whose delivery or effect a worker tells by it.
    pub answers: Option<Uuid>,
}

/// A deed with how far it has come, for a command that a worker carries out.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownControlEvent {
    /// The deed.
    pub event: StoredControlEvent,
    /// When a worker held it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Why a worker did not carry it out, in words.
    pub declined: Option<String>,
    /// When it had its effect.
    pub effective_at: Option<DateTime<Utc>>,
    /// When the agent was handed the message that it brings, if it brings one.
    pub handed_over_at: Option<DateTime<Utc>>,
    /// When the model had answered a request that this message stands in.
    pub seen_at: Option<DateTime<Utc>>,
}

/// Which deeds to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlFilter {
    /// Of this kind.
    pub action: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
}

/// Deeds, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ControlPage {
    /// The deeds.
    pub events: Vec<ShownControlEvent>,
    /// Whether others follow at this moment.
    pub has_more: bool,
}
