//! The run that a submitter's own key stands for.

use baton_domain::Actor;

use super::{StoredRun, row::select_runs};
use crate::{Store, StoreError};

/// The first run that an actor submitted under a key.
///
/// # Errors
/// When the database is unavailable.
pub async fn first_under(
    store: &Store,
    actor: &Actor,
    key: &str,
) -> Result<Option<StoredRun>, StoreError> {
    let row = select_runs!(
        "WHERE submitted_by = $1 AND idempotency_key = $2 ORDER BY submitted_position LIMIT 1",
        actor.as_str(),
        key,
    )
    .fetch_optional(store.pool())
    .await?;
    Ok(row.map(StoredRun::try_from).transpose()?)
}
