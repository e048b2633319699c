//! A pause, from the wish to the end of standing still.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::PausedSaid;
use crate::{
    choices::choices,
    control::{PauseCause, PauseKind, PauseMethod, PauseMode},
    names::Actor,
};

/// A pause that is wished or in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// The command that wished it; none when no command did.
    pub command: Option<Uuid>,
    /// Who wished it; none when no person did.
    pub by: Option<Actor>,
    /// Why.
    pub cause: PauseCause,
    /// How.
    pub mode: PauseMode,
    /// Why, in words.
    pub note: Option<String>,
    /// When it was wished.
    pub requested_at: DateTime<Utc>,
    /// When the holder held the wish.
    pub delivered_at: Option<DateTime<Utc>>,
    /// How the run stands still, once it does.
    pub standing: Option<Standing>,
    /// The wish that the run go on.
    pub resuming: Option<Resuming>,
}

/// How a run stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Since when.
    pub since: DateTime<Utc>,
    /// By what means; none of an older worker.
    pub method: Option<PauseMethod>,
    /// Before which tool or stage.
    pub before: Option<String>,
    /// Whether no checkpoint came in time.
    pub escalated: bool,
    /// When it goes on by itself.
    pub resumes_at: Option<DateTime<Utc>>,
}

/// The wish that a held run go on, which the holder has not carried out yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resuming {
    /// The command that wished it; none when the run is to end instead.
    pub command: Option<Uuid>,
    /// Since when.
    pub at: DateTime<Utc>,
}

choices! {
    /// How far a pause has come.
    PausePhase, "phase of a pause" {
        /// The broker has the wish.
        Requested = "requested",
        /// The worker holds the wish.
        Delivered = "delivered",
        /// The run stands still.
        Effective = "effective",
        /// Going on is wished, and has not happened.
        Resuming = "resuming",
    }
}

impl Pause {
    /// How far it has come.
    #[must_use]
    pub const fn phase(&self) -> PausePhase {
        if self.resuming.is_some() {
            PausePhase::Resuming
        } else if self.standing.is_some() {
            PausePhase::Effective
        } else if self.delivered_at.is_some() {
            PausePhase::Delivered
        } else {
            PausePhase::Requested
        }
    }

    /// A pause that nobody's wish on record explains.
    pub(super) fn unasked(kind: PauseKind, said: &PausedSaid, at: DateTime<Utc>) -> Self {
        let by_force = kind == PauseKind::Frozen;
        Self {
            command: said.command,
            by: None,
            cause: said.cause.unwrap_or(PauseCause::Operator),
            mode: if by_force {
                PauseMode::Hard
            } else {
                PauseMode::Soft
            },
            note: None,
            requested_at: at,
            delivered_at: Some(at),
            standing: None,
            resuming: None,
        }
    }

    /// The run stands still. Whose wish this is stays as it is on record: a person's outlives the
    /// other causes, until they let it go.
    pub(super) fn stands(&mut self, said: &PausedSaid, at: DateTime<Utc>) {
        if self.command.is_none() {
            self.command = said.command;
            self.cause = said.cause.unwrap_or(self.cause);
        } else if self.command == said.command {
            self.delivered_at.get_or_insert(at);
        }
        self.standing = Some(Standing {
            since: self.standing.as_ref().map_or(at, |it| it.since),
            method: said.method,
            before: said.before.clone(),
            escalated: said.escalated,
            resumes_at: said.resumes_in_ms.map(|ms| at + span_of_ms(ms)),
        });
    }

    /// Whether a person has let it go, and it is said to be held by what nobody has wished of it:
    /// a holder names that only when no person's wish holds the run.
    pub(super) fn is_left_to_others(&self, said: &PausedSaid) -> bool {
        let let_go = self.resuming.is_some_and(|it| it.command.is_some());
        let others = matches!(
            said.cause,
            Some(PauseCause::Scope | PauseCause::Budget | PauseCause::Policy)
        );
        let_go && self.command.is_some() && others
    }

    /// What is left of it when the attempt ends: an operator's wish holds the next one too.
    pub(super) fn outlives(self) -> Option<Self> {
        let wished = matches!(self.cause, PauseCause::Operator | PauseCause::Takeover);
        (wished && self.command.is_some() && self.resuming.is_none()).then_some(Self {
            cause: PauseCause::Operator,
            delivered_at: None,
            standing: None,
            ..self
        })
    }
}

/// A year: more is told apart from no other.
const MOST_MS: u64 = 31_536_000_000;

/// A span of time, a year at most.
pub(super) fn span_of_ms(ms: u64) -> TimeDelta {
    TimeDelta::milliseconds(ms.min(MOST_MS).cast_signed())
}

/// The milliseconds from one moment to a later one.
pub(super) fn ms_between(since: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    u64::try_from((now - since).num_milliseconds()).unwrap_or(0)
}
