//! How many dead letters there are.

use super::DeadLetterFilter;
use crate::{Store, StoreError};

/// How many dead letters fit the filter.
///
/// # Errors
/// When the database is unavailable.
pub async fn count(store: &Store, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM task_runs
           WHERE state = 'dead_lettered'
             AND ($1::text IS NULL OR failure_code = $1)
             AND ($2::text IS NULL OR failure_cause = $2)
             AND ($3::text IS NULL OR pool = $3)"#,
        filter.code.map(|code| code.as_str()),
        filter.cause.as_deref(),
        filter.pool.as_ref().map(|pool| pool.as_str()),
    )
    .fetch_one(store.pool())
    .await?;
    Ok(count.cast_unsigned())
}
