//! Deeds from a place on.

use baton_domain::RunId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{ControlFilter, ControlPage, Mark, StoredControlEvent};
use crate::{
    Store, StoreError,
    error::{InvalidRow, Place},
    row::position_out,
};

struct ControlRow {
    position: i64,
    index: i16,
    id: Uuid,
    run_id: Uuid,
    attempt: Option<i32>,
    actor_kind: String,
    actor: String,
    action: String,
    at: DateTime<Utc>,
    refusal: Option<String>,
    metadata: Value,
}

/// At most `limit` deeds on a run past a place, oldest first; none: from the first on.
///
/// # Errors
/// When the database is unavailable.
pub async fn after(
    store: &Store,
    run: RunId,
    filter: &ControlFilter,
    after: Option<Mark>,
    limit: u32,
) -> Result<ControlPage, StoreError> {
    let rows = sqlx::query_as!(
        ControlRow,
        "SELECT position, index, id, run_id, attempt, actor_kind, actor, action, at, refusal,
             metadata
         FROM task_run_control_events
         WHERE run_id = $1
           AND ($2::bigint IS NULL OR (position, index) > ($2, $3::smallint))
           AND ($4::text IS NULL OR action = $4)
           AND ($5::text IS NULL OR actor = $5)
         ORDER BY position, index LIMIT $6",
        run.as_uuid(),
        after.map(|mark| position_out(mark.position)),
        after.map(|mark| mark.index.cast_signed()),
        filter.action,
        filter.actor,
        // One more than asked for tells whether others follow.
        i64::from(limit) + 1,
    )
    .fetch_all(store.pool())
    .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    let events: Result<_, InvalidRow> = rows.into_iter().take(limit).map(event).collect();
    Ok(ControlPage {
        events: events?,
        has_more,
    })
}

fn event(row: ControlRow) -> Result<StoredControlEvent, InvalidRow> {
    let key = format!("position {} index {}", row.position, row.index);
    let at = Place {
        table: "task_run_control_events",
        key: &key,
    };
    let attempt = row.attempt.map(|n| at.attempt("attempt", n));
    Ok(StoredControlEvent {
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
    })
}
