//! What can be read off a session.

use uuid::Uuid;

use super::{Closed, Open, Opening, Over, RevokedBy, Session, SessionState};
use crate::{
    ids::{Attempt, Generation, RunId},
    session::SessionStatus,
};

impl Session {
    /// The id of a run's session, the same through all its generations: the run's own, marked.
    #[must_use]
    pub fn id_of(run: RunId) -> Uuid {
        let mut bytes = *run.as_uuid().as_bytes();
        for byte in &mut bytes[8..] {
            *byte ^= 0x5e;
        }
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// Where it stands, by name.
    #[must_use]
    pub const fn status(&self) -> SessionStatus {
        self.state.status()
    }

    /// Which session of the run it is; none before the first.
    #[must_use]
    pub fn generation(&self) -> Option<Generation> {
        self.state.opening().map(|opening| opening.generation)
    }

    /// The end of an attempt's chain of what was typed, if anything was.
    #[must_use]
    pub fn chain(&self, attempt: Attempt) -> Option<&super::AuditChain> {
        self.audit.iter().find(|chain| chain.attempt == attempt)
    }
}

impl SessionState {
    /// The state's name.
    #[must_use]
    pub const fn status(&self) -> SessionStatus {
        match self {
            Self::Disabled => SessionStatus::Disabled,
            Self::Starting(_) => SessionStatus::Starting,
            Self::Ready(_) => SessionStatus::Ready,
            Self::Revoked(_) => SessionStatus::Revoked,
            Self::Ended(..) => SessionStatus::Ended,
            Self::Error(..) => SessionStatus::Error,
        }
    }

    /// Whether it can be joined, or is to be.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Starting(_) | Self::Ready(_))
    }

    /// How it came about, unless it never did.
    #[must_use]
    pub fn opening(&self) -> Option<&Opening> {
        match self {
            Self::Disabled => None,
            Self::Starting(opening) => Some(opening),
            Self::Ready(ready) => Some(&ready.opening),
            Self::Revoked(_) | Self::Ended(..) | Self::Error(..) => {
                self.closed().map(|closed| &closed.opening)
            }
        }
    }

    /// The time in which it can, or could, be joined.
    #[must_use]
    pub fn open(&self) -> Option<&Open> {
        match self {
            Self::Disabled | Self::Starting(_) => None,
            Self::Ready(ready) => Some(&ready.open),
            Self::Revoked(_) | Self::Ended(..) | Self::Error(..) => self.closed()?.open.as_ref(),
        }
    }

    /// What is left of it, when it is over.
    #[must_use]
    pub fn closed(&self) -> Option<&Closed> {
        match self {
            Self::Revoked(revoked) => Some(&revoked.closed),
            Self::Ended(closed, _) | Self::Error(closed, _) => Some(closed),
            _ => None,
        }
    }

    /// Why it is over, when it is: a word for machines and one for people.
    #[must_use]
    pub fn over(&self) -> Option<Over> {
        match self {
            Self::Revoked(revoked) => Some(match &revoked.by {
                RevokedBy::Operator { actor, note } => Over {
                    code: "operator".to_owned(),
                    reason: note
                        .clone()
                        .unwrap_or_else(|| format!("{actor} revoked it")),
                },
                RevokedBy::Worker(over) => over.clone(),
            }),
            Self::Ended(_, over) | Self::Error(_, over) => Some(over.clone()),
            _ => None,
        }
    }
}
