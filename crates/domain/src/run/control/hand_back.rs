//! A takeover that was handed back, and what its agent has heard of it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Message, Takeover};
use crate::{control::MessageKind, names::Actor};

/// A takeover that was handed back. Its agent is told what was done in a message that the worker
/// writes; what the message says is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandBack {
    /// The command that had wished the takeover.
    pub takeover: Uuid,
    /// Who had the run's place.
    pub by: Actor,
    /// When the run was handed back.
    pub at: DateTime<Utc>,
    /// How far the agent's message has come; its id is that of the command which handed the run
    /// back.
    pub message: Message,
}

impl HandBack {
    /// What is told next is that message: it waits where the agent stands still.
    pub(super) fn new(takeover: Takeover, command: Uuid, at: DateTime<Utc>) -> Self {
        Self {
            takeover: takeover.command,
            by: takeover.by,
            at,
            message: Message::new(command, MessageKind::Steering),
        }
    }

    /// The attempt is over. The next agent does not hear of it: it works in a place of its own.
    pub(super) fn over(&mut self, at: DateTime<Utc>) {
        if !self.message.settled {
            let reason = "the attempt ended before its agent was told";
            self.message.over(at, reason);
        }
    }
}
