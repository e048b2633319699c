//! Changes of a token: each is in force with the next request, and ends what is open under it.

use baton_domain::Role;
use uuid::Uuid;

use super::{Deed, Token, get};
use crate::{Store, StoreError};

/// Revokes a token, and with it the sign-ins made by it. Who revoked it first stays on record.
/// None if there is no such token.
///
/// # Errors
/// When the database is unavailable, or may not be written.
pub async fn revoke(store: &Store, id: Uuid, deed: &Deed) -> Result<Option<Token>, StoreError> {
    let mut transaction = store.write_accounts().await?;
    sqlx::query!(
        "UPDATE tokens SET revoked_by = $2, revoked_at = $3 WHERE id = $1 AND revoked_at IS NULL",
        id,
        deed.by.as_str(),
        deed.at,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    get(store, id).await
}

/// Gives an operator's token another role. None if there is no such operator's token, or it is
/// revoked.
///
/// # Errors
/// When the database is unavailable, or may not be written.
pub async fn change_role(
    store: &Store,
    id: Uuid,
    role: Role,
    deed: &Deed,
) -> Result<Option<Token>, StoreError> {
    let mut transaction = store.write_accounts().await?;
    let done = sqlx::query!(
        "UPDATE tokens SET role = $2, role_changed_by = $3, role_changed_at = $4
         WHERE id = $1 AND kind = 'operator' AND revoked_at IS NULL",
        id,
        role.as_str(),
        deed.by.as_str(),
        deed.at,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    get(store, id).await
}
