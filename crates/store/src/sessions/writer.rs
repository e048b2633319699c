//! Who may type into which runs.

use baton_domain::{Actor, RunId};

use crate::{Store, StoreError};

/// The runs that somebody of this name may type into, as far as is recorded.
///
/// # Errors
/// When the database is unavailable.
pub async fn written_by(store: &Store, name: &Actor) -> Result<Vec<RunId>, StoreError> {
    let runs = sqlx::query_scalar!(
        "SELECT run_id FROM task_run_live_sessions WHERE status = 'ready' AND writer = $1",
        name.as_str(),
    )
    .fetch_all(store.pool())
    .await?;
    Ok(runs.into_iter().map(RunId::from_uuid).collect())
}
