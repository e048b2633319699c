//! A new token.

use baton_domain::{Actor, Role, TokenKind, WorkerScope};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Authority, Deed, Token,
    secret::{self, Purpose, TokenText},
};
use crate::{Store, StoreError};

/// A token that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// A version 7 id that no other token has.
    pub id: Uuid,
    /// Who is to have it.
    pub name: Actor,
    /// What it is to allow.
    pub authority: Authority,
    /// Who makes it, and when.
    pub created: Deed,
    /// When it is to stop being good, if ever.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a token. Its text is known here for the only time.
///
/// # Errors
/// When the database is unavailable, or may not be written.
pub async fn create(store: &Store, new: NewToken) -> Result<(Token, TokenText), StoreError> {
    let (kind, role, scope) = match &new.authority {
        Authority::Operator(role) => (TokenKind::Operator, Some(*role), None),
        Authority::Worker(scope) => (TokenKind::Worker, None, Some(scope)),
    };
    let (text, hash) = secret::make(Purpose::Token(kind), new.id)?;
    let mut transaction = store.write_accounts().await?;
    sqlx::query!(
        "INSERT INTO tokens (
             id, kind, name, hash, role, worker_pattern, pools, repositories, run_types,
             created_by, created_at, expires_at
         ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.id,
        kind.as_str(),
        new.name.as_str(),
        &hash[..],
        role.map(Role::as_str),
        scope.map(|scope| scope.workers.as_str()),
        &list(scope, |scope| scope.pools.iter(), |pool| pool.as_str()),
        &list(
            scope,
            |scope| scope.repositories.iter(),
            |pattern| pattern.as_str()
        ),
        &list(
            scope,
            |scope| scope.run_types.iter(),
            |run_type| run_type.as_str()
        ),
        new.created.by.as_str(),
        new.created.at,
        new.expires_at,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let token = Token {
        id: new.id,
        name: new.name,
        authority: new.authority,
        created: new.created,
        expires_at: new.expires_at,
        last_used_at: None,
        role_changed: None,
        revoked: None,
    };
    Ok((token, text))
}

fn list<'a, T: 'a, I: Iterator<Item = &'a T>>(
    scope: Option<&'a WorkerScope>,
    part: impl Fn(&'a WorkerScope) -> I,
    word: impl Fn(&'a T) -> &'a str,
) -> Vec<String> {
    let words = scope.into_iter().flat_map(part);
    words.map(|each| word(each).to_owned()).collect()
}
