//! What was typed into the terminals of runs; only added to.

mod after;
mod append;

use baton_domain::{
    Actor, Attempt, Channel, Fence, GrantId, RunId, TerminalName, WorkerId, session::ChainLink,
};
use chrono::{DateTime, Utc};

pub use after::after;
pub(crate) use append::append;

use crate::control_events::Mark;

/// A record of input as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInput {
    /// Its place in the total order.
    pub mark: Mark,
    /// The run.
    pub run: RunId,
    /// The attempt whose terminal it was.
    pub attempt: Attempt,
    /// The worker that told of it.
    pub worker: WorkerId,
    /// When it told of it.
    pub at: DateTime<Utc>,
    /// What was typed, as the terminal's host says it.
    pub typed: TypedInput,
    /// Whether it continues the attempt's chain.
    pub chain: ChainLink,
}

/// What was typed, as the terminal's host says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedInput {
    /// Its place in the attempt's chain, from 1.
    pub number: u64,
    /// Into which terminal.
    pub terminal: TerminalName,
    /// Under which grant.
    pub grant: GrantId,
    /// By whom.
    pub holder: Actor,
    /// Through which door.
    pub channel: Channel,
    /// Under which fence.
    pub fence: Fence,
    /// The first input of the grant that is in it.
    pub first_seq: u64,
    /// The last one.
    pub last_seq: u64,
    /// What the terminal had shown by then, in bytes.
    pub offset: u64,
    /// How much was typed, in bytes.
    pub length: u64,
    /// Whether the terminal showed what was typed.
    pub echo: bool,
    /// What was typed, secrets masked; none without echo.
    pub text: Option<String>,
    /// HMAC-SHA-256 of what was typed without echo, lower-case hex.
    pub mac: Option<String>,
    /// The hash of the record before, lower-case hex.
    pub previous: String,
    /// This record's hash, lower-case hex.
    pub hash: String,
}

/// Records of input, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InputPage {
    /// The records.
    pub inputs: Vec<StoredInput>,
    /// Whether others follow at this moment.
    pub has_more: bool,
}
