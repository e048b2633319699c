//! What is known of a run whose terminal is watched: where it stands, whether it may be watched,
//! and whose word about its terminals counts.

use baton_domain::{Attempt, RunId, RunState, SessionStatus, StateName, WorkerId};

use crate::{
    find::{self, Found},
    problem::Answer,
    state::App,
};

/// What is known of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunNow {
    /// Where it stands.
    pub(crate) state: StateName,
    /// Whether it may be watched.
    pub(crate) session: SessionStatus,
    /// Who had it last, under which attempt.
    pub(crate) last: Option<(Attempt, WorkerId)>,
    /// Whether that one has it now.
    pub(crate) is_held: bool,
}

impl RunNow {
    /// What history says, or the broker while the recorder has not seen the run.
    pub(crate) async fn find(app: &App, run: RunId) -> Answer<Self> {
        let stored = match find::run(app, run).await? {
            Found::Recorded(stored) => stored,
            Found::Offered(_) => {
                return Ok(Self {
                    state: StateName::Queued,
                    session: SessionStatus::Disabled,
                    last: None,
                    is_held: false,
                });
            }
        };
        let (state, session) = {
            let run = &stored.record.run;
            (run.state.clone(), run.session.status())
        };
        let (last, is_held) = match &state {
            RunState::Running { lease, .. } | RunState::Paused { lease, .. } => {
                (Some((lease.attempt, lease.worker.clone())), true)
            }
            _ => (app.history().holders(run).await?.pop(), false),
        };
        Ok(Self {
            state: state.name(),
            session,
            last,
            is_held,
        })
    }

    /// The attempt whose terminals there are; the first one before there are any.
    pub(crate) fn attempt(&self) -> Attempt {
        let last = self.last.as_ref();
        last.map_or(Attempt::FIRST, |(attempt, _)| *attempt)
    }

    /// Who has the run now, under which attempt.
    pub(crate) fn holder(&self) -> Option<(Attempt, &WorkerId)> {
        let last = self.last.as_ref().filter(|_| self.is_held);
        last.map(|(attempt, worker)| (*attempt, worker))
    }

    /// Whether nothing follows.
    pub(crate) fn is_over(&self) -> bool {
        self.state.is_terminal()
    }

    /// Why nobody new may watch it; none if one may. A session that ended with its run can still
    /// be looked at.
    pub(crate) const fn closed(&self) -> Option<&'static str> {
        match self.session {
            SessionStatus::Ready | SessionStatus::Ended => None,
            SessionStatus::Disabled => Some(
                "the run has no live session: start one, or look at its recording when it is over",
            ),
            SessionStatus::Starting => Some("the live session is starting: try again in a moment"),
            SessionStatus::Revoked => {
                Some("the live session was revoked: an operator can start it again")
            }
            SessionStatus::Error => Some(
                "the live session could not be set up: it says why, and an operator can start it again",
            ),
        }
    }

    /// Why nobody may watch it any longer; none if one may. Between two attempts a session that is
    /// to be goes on.
    pub(crate) const fn shut(&self) -> Option<&'static str> {
        match self.session {
            SessionStatus::Ready | SessionStatus::Ended | SessionStatus::Starting => None,
            SessionStatus::Disabled | SessionStatus::Revoked | SessionStatus::Error => {
                self.closed()
            }
        }
    }
}
