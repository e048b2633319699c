//! Events from a position on.

use baton_domain::{Position, RunId};

use super::{
    EventPage,
    row::{EventRow, page},
};
use crate::{Store, StoreError, row::position_out};

/// Events of a run past a position: `limit` of them, and the rest of the last message.
///
/// # Errors
/// When the database is unavailable.
pub async fn after(
    store: &Store,
    run: RunId,
    after: Position,
    limit: u32,
) -> Result<EventPage, StoreError> {
    let rows = sqlx::query_as!(
        EventRow,
        r#"WITH first AS (
               SELECT position FROM task_run_events
               WHERE run_id = $1 AND position > $2 ORDER BY position, index LIMIT $3
           ), reach AS MATERIALIZED (
               SELECT max(position) AS last, EXISTS (
                   SELECT FROM task_run_events
                   WHERE run_id = $1 AND position > (SELECT max(position) FROM first)
               ) AS has_more FROM first
           )
           SELECT position, index, run_id, attempt, seq, source, kind, at, refusal, data,
               has_more AS "has_more!"
           FROM task_run_events, reach
           WHERE run_id = $1 AND position > $2 AND position <= last
           ORDER BY position, index"#,
        run.as_uuid(),
        position_out(after),
        i64::from(limit),
    )
    .fetch_all(store.pool())
    .await?;
    Ok(page(rows)?)
}

/// Events of every run past a position: `limit` of them, and the rest of the last message.
///
/// # Errors
/// When the database is unavailable.
pub async fn after_of_all(
    store: &Store,
    after: Position,
    limit: u32,
) -> Result<EventPage, StoreError> {
    let rows = sqlx::query_as!(
        EventRow,
        r#"WITH first AS (
               SELECT position FROM task_run_events
               WHERE position > $1 ORDER BY position, index LIMIT $2
           ), reach AS MATERIALIZED (
               SELECT max(position) AS last, EXISTS (
                   SELECT FROM task_run_events
                   WHERE position > (SELECT max(position) FROM first)
               ) AS has_more FROM first
           )
           SELECT position, index, run_id, attempt, seq, source, kind, at, refusal, data,
               has_more AS "has_more!"
           FROM task_run_events, reach
           WHERE position > $1 AND position <= last
           ORDER BY position, index"#,
        position_out(after),
        i64::from(limit),
    )
    .fetch_all(store.pool())
    .await?;
    Ok(page(rows)?)
}
