//! Tokens, newest first.

use super::{Token, row::select_tokens};
use crate::{InvalidRow, Store, StoreError};

/// At most `limit` tokens, newest first, those that are revoked or expired among them; `before` is
/// the last of the page before.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(
    store: &Store,
    before: Option<uuid::Uuid>,
    limit: u32,
) -> Result<Vec<Token>, StoreError> {
    let rows = select_tokens!(
        "WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
        before,
        i64::from(limit),
    )
    .fetch_all(store.pool())
    .await?;
    let tokens: Result<_, InvalidRow> = rows.into_iter().map(Token::try_from).collect();
    Ok(tokens?)
}
