//! Browsers that hold a cookie instead of a token.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::secret::{self, Purpose, TokenText};
use crate::{Store, StoreError};

/// A browser's sign-in that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn {
    /// A version 7 id that no other sign-in has.
    pub id: Uuid,
    /// The token that was shown.
    pub token: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// When the browser has to sign in again.
    pub expires_at: DateTime<Utc>,
}

/// Signs a browser in; gives the text of its cookie.
///
/// # Errors
/// When the database is unavailable, or may not be written.
pub async fn sign_in(store: &Store, new: SignIn) -> Result<TokenText, StoreError> {
    let (text, hash) = secret::make(Purpose::SignIn, new.id)?;
    let mut transaction = store.write_accounts().await?;
    sqlx::query!(
        "INSERT INTO sign_ins (id, token_id, hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
        new.id,
        new.token,
        &hash[..],
        new.at,
        new.expires_at,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(text)
}

/// Signs a browser out; a second time changes nothing.
///
/// # Errors
/// When the database is unavailable, or may not be written.
pub async fn sign_out(store: &Store, id: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut transaction = store.write_accounts().await?;
    sqlx::query!(
        "UPDATE sign_ins SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
        id,
        now,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}
