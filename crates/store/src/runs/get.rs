//! One run.

use baton_domain::RunId;

use super::{StoredRun, row::select_runs};
use crate::{Store, StoreError};

/// A run by its id.
///
/// # Errors
/// When the database is unavailable.
pub async fn get(store: &Store, id: RunId) -> Result<Option<StoredRun>, StoreError> {
    let row = select_runs!("WHERE id = $1", id.as_uuid())
        .fetch_optional(store.pool())
        .await?;
    Ok(row.map(StoredRun::try_from).transpose()?)
}
