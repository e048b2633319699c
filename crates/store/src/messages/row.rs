//! A row of `task_run_messages`, and the message that it tells of.

use baton_domain::{
    Actor, MessageState, RunId,
    run::control::{Delivery, Message, MessageStanding},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{MessageStep, StoredMessage};
use crate::{
    error::{InvalidRow, Place},
    row::{attempt_out, position_out},
};

type Time = DateTime<Utc>;

/// Every column by its name. Where a run is read, its messages come without their texts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    pub(crate) run_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) position: i64,
    pub(crate) actor: String,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) text: String,
    pub(crate) created_at: Time,
    pub(crate) state: String,
    pub(crate) taken_back_by: Option<Uuid>,
    pub(crate) delivered_at: Option<Time>,
    pub(crate) via: Option<String>,
    pub(crate) attempt: Option<i32>,
    pub(crate) seen_at: Option<Time>,
    pub(crate) ended_at: Option<Time>,
    pub(crate) reason: Option<String>,
    pub(crate) settled: bool,
}

impl From<&StoredMessage> for MessageRow {
    fn from(stored: &StoredMessage) -> Self {
        Self {
            position: position_out(stored.position),
            actor: stored.actor.as_str().to_owned(),
            text: stored.text.clone(),
            created_at: stored.created_at,
            ..Self::standing(stored.run, &stored.message)
        }
    }
}

impl From<&MessageStep> for MessageRow {
    fn from(step: &MessageStep) -> Self {
        Self::standing(step.run, &step.message)
    }
}

impl MessageRow {
    pub(crate) fn standing(run: RunId, message: &Message) -> Self {
        let mut row = Self {
            run_id: run.as_uuid(),
            id: message.id,
            kind: message.kind.as_str().to_owned(),
            state: message.state().as_str().to_owned(),
            settled: message.settled,
            ..Self::default()
        };
        match &message.standing {
            MessageStanding::Queued { taken_back_by } => row.taken_back_by = *taken_back_by,
            MessageStanding::Delivered(delivery) => row.put_delivery(delivery),
            MessageStanding::Seen { delivery, at } => {
                row.put_delivery(delivery);
                row.seen_at = Some(*at);
            }
            MessageStanding::Cancelled { at, reason } => {
                row.ended_at = Some(*at);
                row.reason.clone_from(reason);
            }
            MessageStanding::Undelivered { at, reason } => {
                row.ended_at = Some(*at);
                row.reason = Some(reason.clone());
            }
        }
        row
    }

    fn put_delivery(&mut self, delivery: &Delivery) {
        self.delivered_at = Some(delivery.at);
        self.via = Some(delivery.via.clone());
        self.attempt = Some(attempt_out(delivery.attempt));
    }
}

type At<'a> = Place<'a, Uuid>;

/// How far the message of a row has come.
pub(crate) fn message(row: &MessageRow) -> Result<Message, InvalidRow> {
    let at = Place {
        table: "task_run_messages",
        key: &row.id,
    };
    Ok(Message {
        id: row.id,
        kind: at.fit("kind", row.kind.parse())?,
        standing: standing(&at, row)?,
        settled: row.settled,
    })
}

fn standing(at: &At<'_>, row: &MessageRow) -> Result<MessageStanding, InvalidRow> {
    Ok(match at.fit("state", row.state.parse())? {
        MessageState::Queued => MessageStanding::Queued {
            taken_back_by: row.taken_back_by,
        },
        MessageState::Delivered => MessageStanding::Delivered(delivery(at, row)?),
        MessageState::Seen => MessageStanding::Seen {
            delivery: delivery(at, row)?,
            at: at.known("seen_at", row.seen_at)?,
        },
        MessageState::Cancelled => MessageStanding::Cancelled {
            at: at.known("ended_at", row.ended_at)?,
            reason: row.reason.clone(),
        },
        MessageState::Undelivered => MessageStanding::Undelivered {
            at: at.known("ended_at", row.ended_at)?,
            reason: at.known("reason", row.reason.clone())?,
        },
    })
}

fn delivery(at: &At<'_>, row: &MessageRow) -> Result<Delivery, InvalidRow> {
    Ok(Delivery {
        at: at.known("delivered_at", row.delivered_at)?,
        via: at.known("via", row.via.clone())?,
        attempt: at.attempt("attempt", at.known("attempt", row.attempt)?)?,
    })
}

impl TryFrom<MessageRow> for StoredMessage {
    type Error = InvalidRow;

    fn try_from(row: MessageRow) -> Result<Self, InvalidRow> {
        let message = message(&row)?;
        let at = Place {
            table: "task_run_messages",
            key: &row.id,
        };
        Ok(Self {
            run: RunId::from_uuid(row.run_id),
            position: at.position("position", row.position)?,
            actor: at.fit("actor", Actor::try_from(row.actor))?,
            text: row.text,
            created_at: row.created_at,
            message,
        })
    }
}
