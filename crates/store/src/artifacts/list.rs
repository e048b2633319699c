//! The files of a run.

use baton_domain::RunId;

use super::{StoredArtifact, row::ArtifactRow};
use crate::{Store, StoreError, error::InvalidRow};

/// The files of a run, by attempt and name.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &Store, run: RunId) -> Result<Vec<StoredArtifact>, StoreError> {
    let rows = sqlx::query_as!(
        ArtifactRow,
        "SELECT run_id, attempt, name, size, sha256, content_type, stored_at, position
         FROM task_run_artifacts WHERE run_id = $1 ORDER BY attempt, name",
        run.as_uuid(),
    )
    .fetch_all(store.pool())
    .await?;
    let files: Result<_, InvalidRow> = rows.into_iter().map(StoredArtifact::try_from).collect();
    Ok(files?)
}
