//! "Where do I stand?": a worker asks which of its leases still hold, and what was wished for them.
//! Request and reply, kept by nobody; whoever answers reads the stream and nothing else.

use baton_domain::{Attempt, Position, RunId};
use serde::{Deserialize, Serialize};

use crate::{control::ControlMessage, grant::GrantMessage};

/// How many commands of one run an answer holds at most; a full answer is asked for again, with
/// [`HeldLease::commands_after`] moved on.
pub const MAX_COMMANDS: usize = 100;

/// How many runs one inquiry may name.
pub const MAX_RUNS: usize = 256;

/// A worker's question, on `baton.v1.desk.<worker>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inquiry {
    /// The leases that it believes to hold, [`MAX_RUNS`] at most.
    pub runs: Vec<HeldLease>,
}

/// A lease, as its holder knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldLease {
    /// The run.
    pub run: RunId,
    /// The attempt held.
    pub attempt: Attempt,
    /// Where the broker keeps the lease.
    pub lease_position: Position,
    /// What the offer said of the supervisor's last word; absent under an older offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_position: Option<Position>,
    /// Up to where the commands are known; absent: from the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands_after: Option<Position>,
}

/// The answer to an [`Inquiry`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standings {
    /// One for each lease that was asked about, in the same order.
    pub runs: Vec<Standing>,
}

/// Where one lease stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The run.
    pub run: RunId,
    /// Whether the asking worker holds it.
    pub held: bool,
    /// Why not, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What operators wished, in order; empty unless it is held.
    #[serde(default)]
    pub commands: Vec<ControlMessage>,
    /// Where the last of these commands lies; the next [`HeldLease::commands_after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands_through: Option<Position>,
    /// The last that was said about typing into the run's terminals, if anything was; absent
    /// unless it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantMessage>,
}
