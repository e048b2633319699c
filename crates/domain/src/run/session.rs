//! The live session of a run: whether it may be watched, where, and who may type until when. Part of
//! [`Run`](super::Run), and changed by [`Run::apply`](super::Run::apply) alone.

mod fact;
mod follow;
mod said;
mod steps;
#[cfg(test)]
mod tests;
mod view;

use chrono::{DateTime, Utc};

pub use fact::{GrantFact, Granted, Over, ReadySaid, SessionEvent};

use crate::{
    identity::Role,
    ids::{Attempt, Fence, Generation},
    names::{Actor, WorkerId},
    session::{Channel, GrantId, Provider, SessionHealth, TerminalName},
};

/// The live session of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// What the next attempt is to have; nothing when nobody wants a session any more.
    pub wish: Option<SessionWish>,
    /// The last fence of a grant; none before the first. It only rises.
    pub fence: Option<Fence>,
    /// Where it stands.
    pub state: SessionState,
    /// The chains of what was typed, one an attempt, in order.
    pub audit: Vec<AuditChain>,
}

/// A session as it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionWish {
    /// By what means.
    pub provider: Provider,
    /// How long it may last from when it is ready, in seconds; none: as long as the run does.
    pub ttl_seconds: Option<u64>,
}

impl SessionWish {
    /// The longest time to live that is told apart from none: a year.
    pub const MAX_TTL: u64 = 31_536_000;
    /// How long a session lasts when nobody says: an hour.
    pub const DEFAULT_TTL: u64 = 3_600;

    /// A wish, its time to live brought within 1 and [`Self::MAX_TTL`].
    #[must_use]
    pub fn new(provider: Provider, ttl_seconds: Option<u64>) -> Self {
        Self {
            provider,
            ttl_seconds: ttl_seconds.map(|ttl| ttl.clamp(1, Self::MAX_TTL)),
        }
    }
}

impl Default for SessionWish {
    fn default() -> Self {
        Self::new(Provider::Web, Some(Self::DEFAULT_TTL))
    }
}

/// Where a session stands. Each state holds what is true then; none holds more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SessionState {
    /// Nobody ever wanted one.
    #[default]
    Disabled,
    /// It is wanted; the worker makes it, or none has the run yet.
    Starting(Box<Opening>),
    /// It can be joined.
    Ready(Box<Ready>),
    /// It was taken away; the run goes on.
    Revoked(Box<Revoked>),
    /// It ended with its run or its attempt.
    Ended(Box<Closed>, Over),
    /// It could not be made, or broke; the run goes on.
    Error(Box<Closed>, Over),
}

/// A session from the wish on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Which session of the run.
    pub generation: Generation,
    /// What was wanted.
    pub wish: SessionWish,
    /// Since when this generation is wanted.
    pub requested_at: DateTime<Utc>,
    /// Who wanted it.
    pub requested_by: Actor,
    /// Who makes it, once somebody does.
    pub maker: Option<Maker>,
}

/// Who makes a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The holder of the run.
    pub worker: WorkerId,
    /// Which session it is as the worker counts, who may count from 1 in every attempt.
    pub generation: Generation,
    /// When it began.
    pub since: DateTime<Utc>,
}

/// A session that can be joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// How it came about.
    pub opening: Opening,
    /// Since when it can be joined, how long, and what was heard of it last.
    pub open: Open,
    /// Where it can be joined, beside the dashboard.
    pub links: Links,
    /// How well its provider works.
    pub health: SessionHealth,
    /// Why it does not.
    pub health_reason: Option<String>,
    /// Who may type.
    pub writer: Option<Box<Writer>>,
}

/// The time in which a session can be joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Who made it.
    pub maker: Maker,
    /// Since when.
    pub ready_at: DateTime<Utc>,
    /// Until when, if nothing else ends it.
    pub expires_at: Option<DateTime<Utc>>,
    /// The worker's host.
    pub hostname: String,
    /// When the worker last said that it is alive.
    pub heartbeat_at: DateTime<Utc>,
}

/// Where a session can be joined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// A command by which anybody may watch.
    pub attach_ro: Option<String>,
    /// A page on which anybody may watch.
    pub web_ro: Option<String>,
    /// The same for typing, which only the API can read.
    pub sealed: Option<SealedText>,
}

/// Secrets that only the API can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedText {
    /// The key that they are sealed to.
    pub key_id: String,
    /// The sealed box, base64url without padding.
    pub text: String,
}

/// Who may type, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The grant.
    pub grant: GrantId,
    /// Under which name.
    pub holder: Actor,
    /// With which role it was granted.
    pub role: Role,
    /// Where they type.
    pub channel: Channel,
    /// Into what.
    pub terminals: Vec<TerminalName>,
    /// What for, in the holder's words.
    pub reason: String,
    /// When it was granted, or renewed.
    pub granted_at: DateTime<Utc>,
    /// When it is over by itself.
    pub until: DateTime<Utc>,
    /// When the gate of the terminals said that it is in force.
    pub gate_at: Option<DateTime<Utc>>,
}

/// What is left of a session that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// How it came about.
    pub opening: Opening,
    /// The time in which it could be joined, if ever.
    pub open: Option<Open>,
    /// When it was over.
    pub at: DateTime<Utc>,
}

/// A session that was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// What is left of it.
    pub closed: Closed,
    /// Whose doing it was.
    pub by: RevokedBy,
    /// When the worker said that nothing is left of it.
    pub torn_down_at: Option<DateTime<Utc>>,
}

/// Whose doing it is that a session was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevokedBy {
    /// An operator's.
    Operator {
        /// Who.
        actor: Actor,
        /// Why.
        note: Option<String>,
    },
    /// The worker's: its time was over.
    Worker(Over),
}

/// What was typed into one attempt, as a chain of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditChain {
    /// The attempt.
    pub attempt: Attempt,
    /// The hash of its last record, lower-case hex.
    pub head: String,
    /// How many records it has.
    pub count: u64,
}
