//! What can happen to a session.

use chrono::TimeDelta;

use super::Links;
use crate::{
    identity::Role,
    ids::{Attempt, Fence, Generation},
    names::Actor,
    session::{Channel, GrantId, Provider, SessionHealth, TerminalName},
};

/// What the holder of a run says about its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// It is being set up.
    Starting {
        /// Which session, as the worker counts.
        generation: Generation,
        /// By what means.
        provider: Provider,
        /// For how long, in seconds.
        ttl_seconds: Option<u64>,
    },
    /// It can be joined.
    Ready(Box<ReadySaid>),
    /// It is joined elsewhere from now on.
    LinksChanged(Generation, Links),
    /// How well its provider works.
    Health {
        /// Which session, as the worker counts.
        generation: Generation,
        /// How well.
        health: SessionHealth,
        /// Why not well.
        reason: Option<String>,
    },
    /// It is alive.
    Heartbeat(Generation),
    /// It ended with its run.
    Ended(Generation, Over),
    /// It could not be set up, or broke.
    Failed(Generation, Over),
    /// Nothing is left of it: it was taken away, or its time was over.
    Revoked(Generation, Over),
    /// The gate of the terminals has heard of a grant or of its end.
    Gate {
        /// The fence in force.
        fence: Fence,
        /// Under which grant one may type.
        grant: Option<GrantId>,
    },
    /// A grant is good no longer.
    WriteEnded {
        /// Its fence.
        fence: Fence,
        /// Which.
        grant: GrantId,
    },
    /// Something was typed.
    Typed {
        /// The record's hash, lower-case hex: where the attempt's chain ends from now on.
        hash: String,
    },
}

/// That a session can be joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadySaid {
    /// Which session, as the worker counts.
    pub generation: Generation,
    /// By what means.
    pub provider: Provider,
    /// Where.
    pub links: Links,
    /// The worker's host.
    pub hostname: String,
}

/// Why something is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// A word for machines.
    pub code: String,
    /// What happened and what to do, for a person.
    pub reason: String,
}

/// A step of the run's write grants, as the API says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantFact {
    /// The attempt whose terminals it is about.
    pub attempt: Attempt,
    /// Higher than that of every step before.
    pub fence: Fence,
    /// Who may type from now on; none: nobody.
    pub writer: Option<Granted>,
    /// What it is on record as.
    pub name: &'static str,
}

/// Somebody who may type, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The grant.
    pub grant: GrantId,
    /// Under which name.
    pub holder: Actor,
    /// With which role.
    pub role: Role,
    /// Where they type.
    pub channel: Channel,
    /// Into what.
    pub terminals: Vec<TerminalName>,
    /// For how long; a day at most.
    pub ttl: TimeDelta,
    /// What for.
    pub reason: String,
}

impl SessionEvent {
    /// The event's name, for messages and tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Starting { .. } => "session_starting",
            Self::Ready(_) => "session_ready",
            Self::LinksChanged(..) => "session_links_changed",
            Self::Health { .. } => "session_health",
            Self::Heartbeat(_) => "session_heartbeat",
            Self::Ended(..) => "session_ended",
            Self::Failed(..) => "session_failed",
            Self::Revoked(..) => "session_revoked",
            Self::Gate { .. } => "write_gate",
            Self::WriteEnded { .. } => "write_ended",
            Self::Typed { .. } => "input_typed",
        }
    }
}
