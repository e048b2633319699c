//! The offer: "submitted" and "work to take" in one message.

use baton_domain::{Actor, Attempt, Position, RunId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::spec::TaskRunRequest;

/// A run put before the fleet, with everything that a worker needs to do it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// The run.
    pub run: RunId,
    /// The attempt that is to be taken.
    pub attempt: Attempt,
    /// The last lease message of the run, 0 if none: the number that the taker's compare-and-set
    /// expects, so that a late offer can take nothing.
    pub lease_position: Position,
    /// The last message on the supervisor's lease subject of the run, 0 if none: the number that
    /// the taker's reports expect there. Absent in offers of an older Baton.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_position: Option<Position>,
    /// Why it is offered.
    pub reason: OfferReason,
    /// When this offer was made.
    pub at: DateTime<Utc>,
    /// When the run was submitted; the same in every offer of a run.
    pub submitted_at: DateTime<Utc>,
    /// Who submitted the run.
    pub submitted_by: Actor,
    /// The submitter's `Idempotency-Key`, if one was given; unique for the submitter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// SHA-256 of the request as checked, lower-case hex: tells a repeat under the same key from
    /// another request. Present with the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_digest: Option<String>,
    /// The messages of operators that the models of former attempts' agents are on record to have
    /// seen, at most [`Offer::MAX_SEEN`], the newest: the next agent is not told them again,
    /// whichever worker it lives at. Empty in offers of an older Baton.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen_messages: Vec<Uuid>,
    /// What was asked for.
    pub spec: TaskRunRequest,
}

impl Offer {
    /// The most seen messages that an offer names.
    pub const MAX_SEEN: u32 = 1_000;
}

/// Why a run is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferReason {
    /// It is new.
    Submitted,
    /// The attempt before failed, was lost or was given back.
    Retry,
}
