//! One file.

use baton_domain::{Attempt, RunId};

use super::{StoredArtifact, row::ArtifactRow};
use crate::{Store, StoreError, row::attempt_out};

/// A file of an attempt by its name.
///
/// # Errors
/// When the database is unavailable.
pub async fn get(
    store: &Store,
    run: RunId,
    attempt: Attempt,
    name: &str,
) -> Result<Option<StoredArtifact>, StoreError> {
    let row = sqlx::query_as!(
        ArtifactRow,
        "SELECT run_id, attempt, name, size, sha256, content_type, stored_at, position
         FROM task_run_artifacts WHERE run_id = $1 AND attempt = $2 AND name = $3",
        run.as_uuid(),
        attempt_out(attempt),
        name,
    )
    .fetch_optional(store.pool())
    .await?;
    Ok(row.map(StoredArtifact::try_from).transpose()?)
}
