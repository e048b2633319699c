//! Runs whose next attempt is due.

use chrono::{DateTime, Utc};

use super::{
    StoredRun,
    row::{runs, select_runs},
};
use crate::{Store, StoreError};

/// Runs whose next attempt is due at `now`, the longest due first.
///
/// # Errors
/// When the database is unavailable.
pub async fn due(
    store: &Store,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<StoredRun>, StoreError> {
    let rows = select_runs!(
        "WHERE state = 'retry_scheduled' AND due_at <= $1 ORDER BY due_at, id LIMIT $2",
        now,
        i64::from(limit),
    )
    .fetch_all(store.pool())
    .await?;
    Ok(runs(rows)?)
}

/// When the next attempt of any run is due; none while no retry is scheduled.
///
/// # Errors
/// When the database is unavailable.
pub async fn next_due_at(store: &Store) -> Result<Option<DateTime<Utc>>, StoreError> {
    let due_at =
        sqlx::query_scalar!("SELECT min(due_at) FROM task_runs WHERE state = 'retry_scheduled'")
            .fetch_one(store.pool())
            .await?;
    Ok(due_at)
}
