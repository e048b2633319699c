//! Runs that wait for a worker.

use baton_domain::RunId;

use super::{
    StoredRun,
    row::{runs, select_runs},
};
use crate::{Store, StoreError};

/// At most `limit` runs that wait for a worker, in the order of their submission, from behind
/// `after` on.
///
/// # Errors
/// When the database is unavailable.
pub async fn queued(
    store: &Store,
    after: Option<RunId>,
    limit: u32,
) -> Result<Vec<StoredRun>, StoreError> {
    let rows = select_runs!(
        "WHERE state = 'queued'
           AND ($1::uuid IS NULL
               OR (submitted_at, id) > ((SELECT submitted_at FROM task_runs WHERE id = $1), $1))
         ORDER BY submitted_at, id LIMIT $2",
        after.map(|id| id.as_uuid()),
        i64::from(limit),
    )
    .fetch_all(store.pool())
    .await?;
    Ok(runs(rows)?)
}
