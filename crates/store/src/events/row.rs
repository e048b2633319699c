//! A row of `task_run_events`.

use baton_domain::RunId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{EventPage, StoredEvent};
use crate::error::{InvalidRow, Place};

pub(super) struct EventRow {
    pub(super) position: i64,
    pub(super) index: i16,
    pub(super) run_id: Uuid,
    pub(super) attempt: Option<i32>,
    pub(super) seq: Option<i32>,
    pub(super) source: String,
    pub(super) kind: String,
    pub(super) at: DateTime<Utc>,
    pub(super) refusal: Option<String>,
    pub(super) data: Value,
    pub(super) has_more: bool,
}

impl TryFrom<EventRow> for StoredEvent {
    type Error = InvalidRow;

    fn try_from(row: EventRow) -> Result<Self, InvalidRow> {
        let key = format!("position {} index {}", row.position, row.index);
        let at = Place {
            table: "task_run_events",
            key: &key,
        };
        let attempt = row.attempt.map(|n| at.attempt("attempt", n));
        let seq = row.seq.map(|n| at.seq("seq", n));
        Ok(Self {
            position: at.position("position", row.position)?,
            index: at.fit("index", u16::try_from(row.index))?,
            run: RunId::from_uuid(row.run_id),
            attempt: attempt.transpose()?,
            seq: seq.transpose()?,
            source: row.source,
            kind: row.kind,
            at: row.at,
            refusal: row.refusal,
            data: row.data,
        })
    }
}

/// Rows as a page; every row says whether others follow the last.
pub(super) fn page(rows: Vec<EventRow>) -> Result<EventPage, InvalidRow> {
    let has_more = rows.last().is_some_and(|row| row.has_more);
    let events: Result<_, _> = rows.into_iter().map(StoredEvent::try_from).collect();
    Ok(EventPage {
        events: events?,
        has_more,
    })
}
