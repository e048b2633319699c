//! What is kept of a takeover that was handed back, an object in the row of its run's control.

use baton_domain::{Actor, MessageKind, RunId, run::control::HandBack};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::{InvalidRow, Place},
    messages::{MessageRow, message},
};

type Time = DateTime<Utc>;

/// The last ones by the names of a message's columns.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HandBackRow {
    takeover: Uuid,
    by: String,
    at: Time,
    command: Uuid,
    state: String,
    delivered_at: Option<Time>,
    via: Option<String>,
    attempt: Option<i32>,
    seen_at: Option<Time>,
    ended_at: Option<Time>,
    reason: Option<String>,
    settled: bool,
}

impl HandBackRow {
    pub(super) fn of(run: RunId, back: &HandBack) -> Self {
        let message = MessageRow::standing(run, &back.message);
        Self {
            takeover: back.takeover,
            by: back.by.as_str().to_owned(),
            at: back.at,
            command: message.id,
            state: message.state,
            delivered_at: message.delivered_at,
            via: message.via,
            attempt: message.attempt,
            seen_at: message.seen_at,
            ended_at: message.ended_at,
            reason: message.reason,
            settled: message.settled,
        }
    }

    pub(super) fn hand_back(&self, at: &Place<'_, Uuid>) -> Result<HandBack, InvalidRow> {
        let row = MessageRow {
            id: self.command,
            kind: MessageKind::Steering.as_str().to_owned(),
            state: self.state.clone(),
            delivered_at: self.delivered_at,
            via: self.via.clone(),
            attempt: self.attempt,
            seen_at: self.seen_at,
            ended_at: self.ended_at,
            reason: self.reason.clone(),
            settled: self.settled,
            ..MessageRow::default()
        };
        Ok(HandBack {
            takeover: self.takeover,
            by: at.fit("hand_backs", Actor::try_from(self.by.clone()))?,
            at: self.at,
            message: message(&row)?,
        })
    }
}
