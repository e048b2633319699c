//! How many there are.

use crate::{Store, StoreError};

/// How many messages could not be read.
///
/// # Errors
/// When the database is unavailable.
pub async fn count(store: &Store) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM unreadable_messages"#)
        .fetch_one(store.pool())
        .await?;
    Ok(count.unsigned_abs())
}
