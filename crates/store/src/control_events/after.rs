//! Deeds from a place on.

use baton_domain::RunId;

use super::{ControlFilter, ControlPage, Mark, StoredControlEvent, row::ControlRow};
use crate::{Store, StoreError, error::InvalidRow, row::position_out};

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
    let events: Result<_, InvalidRow> = rows
        .into_iter()
        .take(limit)
        .map(StoredControlEvent::try_from)
        .collect();
    Ok(ControlPage {
        events: events?,
        has_more,
    })
}
