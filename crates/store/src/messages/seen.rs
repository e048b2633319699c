//! What the models of a run's agents have seen.

use baton_domain::RunId;
use uuid::Uuid;

use crate::{Store, StoreError};

/// The messages of a run that a model is on record to have seen, at most `limit`, the newest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn seen(store: &Store, run: RunId, limit: u32) -> Result<Vec<Uuid>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM task_run_messages
         WHERE run_id = $1 AND state = 'seen'
         ORDER BY position DESC LIMIT $2",
        run.as_uuid(),
        i64::from(limit),
    )
    .fetch_all(store.pool())
    .await?;
    Ok(ids)
}
