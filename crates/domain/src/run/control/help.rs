//! A request for a person, from the question to the end of it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    control::{HelpEnd, HelpKind},
    ids::{Attempt, Position, RunId},
    names::{Actor, WorkerId},
    run::Refusal,
};

/// A request for a person. What is asked is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// Its own id.
    pub id: Uuid,
    /// Why a person is needed.
    pub kind: HelpKind,
    /// The attempt that asks.
    pub attempt: Attempt,
    /// Who asks; none when the run itself does.
    pub worker: Option<WorkerId>,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// What a person has answered.
    pub answer: Option<HelpAnswer>,
    /// How it ended; none while it is open.
    pub over: Option<HelpOver>,
}

/// What a person has answered. Whether that came in time, the end of the request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpAnswer {
    /// The command that brought it.
    pub command: Uuid,
    /// Who.
    pub by: Actor,
    /// When, by the API's clock.
    pub at: DateTime<Utc>,
    /// What.
    pub answer: String,
    /// What was said besides.
    pub note: Option<String>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HelpOver {
    /// How.
    pub end: HelpEnd,
    /// When.
    pub at: DateTime<Utc>,
}

impl Help {
    /// The id of a run's own request at a place of the total order, the same whenever it is folded.
    #[must_use]
    pub fn id_of(run: RunId, position: Position) -> Uuid {
        let mut bytes = *run.as_uuid().as_bytes();
        for (byte, mark) in bytes[8..].iter_mut().zip(position.get().to_be_bytes()) {
            *byte ^= mark;
        }
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// Nobody works on the run any more: it asks by itself.
    pub(super) fn of_run(
        run: RunId,
        attempt: Attempt,
        position: Position,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            id: Self::id_of(run, position),
            kind: HelpKind::RetriesUsedUp,
            attempt,
            worker: None,
            opened_at: at,
            answer: None,
            over: None,
        }
    }

    /// A person answers; the first answer counts. Who asked says when it was heard, and a run
    /// hears at once.
    pub(super) fn answered(&mut self, answer: HelpAnswer) -> Result<(), Refusal> {
        if self.answer.is_some() {
            return Err(Refusal::Duplicate);
        }
        if self.worker.is_none() {
            self.close(HelpEnd::Answered, answer.at);
        }
        self.answer = Some(answer);
        Ok(())
    }

    pub(super) const fn close(&mut self, end: HelpEnd, at: DateTime<Utc>) {
        self.over = Some(HelpOver { end, at });
    }
}
