//! A deed's row.

use baton_domain::RunId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::StoredControlEvent;
use crate::error::{InvalidRow, Place};

pub(super) struct ControlRow {
    pub(super) position: i64,
    pub(super) index: i16,
    pub(super) id: Uuid,
    pub(super) run_id: Uuid,
    pub(super) attempt: Option<i32>,
    pub(super) actor_kind: String,
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) at: DateTime<Utc>,
    pub(super) refusal: Option<String>,
    pub(super) metadata: Value,
    pub(super) answers: Option<Uuid>,
}

impl TryFrom<ControlRow> for StoredControlEvent {
    type Error = InvalidRow;

    fn try_from(row: ControlRow) -> Result<Self, InvalidRow> {
        let key = format!("position {} index {}", row.position, row.index);
        let at = Place {
            table: "task_run_control_events",
            key: &key,
        };
        let attempt = row.attempt.map(|n| at.attempt("attempt", n));
        Ok(Self {
            mark: at.mark(row.position, row.index)?,
            id: row.id,
            run: RunId::from_uuid(row.run_id),
            attempt: attempt.transpose()?,
            actor_kind: row.actor_kind,
            actor: row.actor,
            action: row.action,
            at: row.at,
            refusal: row.refusal,
            metadata: row.metadata,
            answers: row.answers,
        })
    }
}
