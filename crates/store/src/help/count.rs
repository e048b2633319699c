//! How many runs wait for a person.

use crate::{Store, StoreError};

/// How many requests nobody has dealt with, over the whole fleet.
///
/// # Errors
/// When the database is unavailable.
pub async fn open_count(store: &Store) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM task_run_help_requests WHERE state = 'open'"#
    )
    .fetch_one(store.pool())
    .await?;
    Ok(count.cast_unsigned())
}
