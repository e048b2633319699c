//! One token, or what it is used by, by id.

use uuid::Uuid;

use super::{Token, row::select_tokens};
use crate::{Store, StoreError};

/// A token by its id.
///
/// # Errors
/// When the database is unavailable.
pub async fn get(store: &Store, id: Uuid) -> Result<Option<Token>, StoreError> {
    let row = select_tokens!("WHERE id = $1", id)
        .fetch_optional(store.pool())
        .await?;
    Ok(row.map(Token::try_from).transpose()?)
}

/// Whether a browser's sign-in has not been ended; its expiry is another question.
///
/// # Errors
/// When the database is unavailable.
pub async fn sign_in_is_open(store: &Store, id: Uuid) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT 1 FROM sign_ins WHERE id = $1 AND ended_at IS NULL",
        id
    )
    .fetch_optional(store.pool())
    .await?;
    Ok(found.is_some())
}
