//! A message to an agent, from the operator who sends it to the model that has read it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    control::{MessageKind, MessageState},
    ids::Attempt,
    run::Refusal,
};

type Step = Result<(), Refusal>;

/// A message to an agent. What it says is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The command that brought it.
    pub id: Uuid,
    /// When the agent is told.
    pub kind: MessageKind,
    /// How far it has come.
    pub standing: MessageStanding,
    /// Whether nothing is to be heard of it any more.
    pub settled: bool,
}

/// How far a message has come. Each state holds what is true then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageStanding {
    /// It waits for the agent.
    Queued {
        /// The command that wishes to take it back.
        taken_back_by: Option<Uuid>,
    },
    /// The agent was handed it.
    Delivered(Delivery),
    /// The model has answered a request that it stands in.
    Seen {
        /// How it was handed over.
        delivery: Delivery,
        /// When that was known.
        at: DateTime<Utc>,
    },
    /// An operator took it back in time.
    Cancelled {
        /// When.
        at: DateTime<Utc>,
        /// Why, in words.
        reason: Option<String>,
    },
    /// It did not reach the agent.
    Undelivered {
        /// When that was known.
        at: DateTime<Utc>,
        /// Why not.
        reason: String,
    },
}

/// How an agent was handed a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: DateTime<Utc>,
    /// By which of the agent's hooks.
    pub via: String,
    /// The agent of which attempt.
    pub attempt: Attempt,
}

impl Message {
    pub(super) const fn new(id: Uuid, kind: MessageKind) -> Self {
        Self {
            id,
            kind,
            standing: MessageStanding::WAITS,
            settled: false,
        }
    }

    /// How far it has come, by name.
    #[must_use]
    pub const fn state(&self) -> MessageState {
        match self.standing {
            MessageStanding::Queued { .. } => MessageState::Queued,
            MessageStanding::Delivered(_) => MessageState::Delivered,
            MessageStanding::Seen { .. } => MessageState::Seen,
            MessageStanding::Cancelled { .. } => MessageState::Cancelled,
            MessageStanding::Undelivered { .. } => MessageState::Undelivered,
        }
    }

    /// The agent was handed it; also when that was not thought any more.
    pub(super) fn delivered(&mut self, delivery: Delivery) -> Step {
        match self.standing {
            MessageStanding::Queued { .. } | MessageStanding::Undelivered { .. } => {
                self.standing = MessageStanding::Delivered(delivery);
                Ok(())
            }
            _ => Err(Refusal::WrongState),
        }
    }

    pub(super) fn seen(&mut self, at: DateTime<Utc>) -> Step {
        let MessageStanding::Delivered(delivery) = &self.standing else {
            return Err(Refusal::WrongState);
        };
        let delivery = delivery.clone();
        self.settle(MessageStanding::Seen { delivery, at });
        Ok(())
    }

    /// The holder will not hand it over: somebody took it back, or the attempt ends before.
    pub(super) fn dropped(
        &mut self,
        command: Option<Uuid>,
        reason: &str,
        at: DateTime<Utc>,
    ) -> Step {
        let MessageStanding::Queued { taken_back_by } = self.standing else {
            return Err(Refusal::WrongState);
        };
        let reason = reason.to_owned();
        if command.or(taken_back_by).is_some() {
            let reason = Some(reason);
            self.settle(MessageStanding::Cancelled { at, reason });
        } else {
            // The next attempt's agent may still be told.
            self.standing = MessageStanding::Undelivered { at, reason };
        }
        Ok(())
    }

    /// Somebody wants it back. The holder says whether that was in time; without one it was.
    pub(super) fn take_back(&mut self, command: Uuid, is_held: bool, at: DateTime<Utc>) -> Step {
        match self.standing {
            MessageStanding::Queued {
                taken_back_by: Some(_),
            } => Err(Refusal::Duplicate),
            MessageStanding::Queued { .. } if is_held => {
                let taken_back_by = Some(command);
                self.standing = MessageStanding::Queued { taken_back_by };
                Ok(())
            }
            MessageStanding::Queued { .. } => {
                self.settle(MessageStanding::Cancelled { at, reason: None });
                Ok(())
            }
            _ => Err(Refusal::WrongState),
        }
    }

    /// The attempt is over: what its model has not seen is told to the next.
    pub(super) fn attempt_over(&mut self, at: DateTime<Utc>) {
        match self.standing {
            MessageStanding::Queued {
                taken_back_by: Some(_),
            } => self.settle(MessageStanding::Cancelled { at, reason: None }),
            _ => self.standing = MessageStanding::WAITS,
        }
    }

    /// The run is over.
    pub(super) fn run_over(&mut self, at: DateTime<Utc>) {
        self.over(at, "the run ended before its agent was told");
    }

    /// No agent will be told any more.
    pub(super) fn over(&mut self, at: DateTime<Utc>, reason: &str) {
        let standing = match &self.standing {
            MessageStanding::Queued {
                taken_back_by: Some(_),
            } => MessageStanding::Cancelled { at, reason: None },
            MessageStanding::Queued { .. } => MessageStanding::Undelivered {
                at,
                reason: reason.to_owned(),
            },
            as_it_is => as_it_is.clone(),
        };
        self.settle(standing);
    }

    fn settle(&mut self, standing: MessageStanding) {
        self.standing = standing;
        self.settled = true;
    }
}

impl MessageStanding {
    const WAITS: Self = Self::Queued {
        taken_back_by: None,
    };
}
