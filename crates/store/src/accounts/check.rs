//! Whether a secret that somebody shows is good.

use baton_domain::TokenKind;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    Checked, Refused, Token, Verdict,
    row::select_tokens,
    secret::{self, Purpose},
};
use crate::{Store, StoreError};

/// Checks a token of this kind, and takes down that it was used.
///
/// # Errors
/// When the database is unavailable.
pub async fn check(
    store: &Store,
    kind: TokenKind,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Verdict, StoreError> {
    let wanted = Purpose::Token(kind);
    let Some(shown) = secret::read(text).filter(|shown| shown.purpose == wanted) else {
        return Ok(Verdict::Refused(Refused::Unknown));
    };
    let row = select_tokens!("WHERE id = $1", shown.id)
        .fetch_optional(store.pool())
        .await?;
    let Some(row) = row.filter(|row| shown.fits(&row.hash)) else {
        return Ok(Verdict::Refused(Refused::Unknown));
    };
    let token = Token::try_from(row)?;
    if let Some(refused) = token.refused_at(now) {
        return Ok(Verdict::Refused(refused));
    }
    was_used(store, &token, now).await?;
    Ok(Verdict::Good(Box::new(Checked {
        sign_in: None,
        until: token.expires_at,
        token,
    })))
}

/// Checks a browser's cookie, and takes down that its token was used.
///
/// # Errors
/// When the database is unavailable.
pub async fn check_sign_in(
    store: &Store,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Verdict, StoreError> {
    let Some(shown) = secret::read(text).filter(|shown| shown.purpose == Purpose::SignIn) else {
        return Ok(Verdict::Refused(Refused::Unknown));
    };
    let found = sqlx::query!(
        "SELECT token_id, hash, expires_at, ended_at FROM sign_ins WHERE id = $1",
        shown.id,
    )
    .fetch_optional(store.pool())
    .await?;
    let Some(found) = found.filter(|found| shown.fits(&found.hash)) else {
        return Ok(Verdict::Refused(Refused::Unknown));
    };
    if let Some(ended) = found.ended_at {
        return Ok(Verdict::Refused(Refused::SignedOut(ended)));
    }
    if found.expires_at <= now {
        return Ok(Verdict::Refused(Refused::SignInExpired(found.expires_at)));
    }
    let Some(token) = super::get(store, found.token_id).await? else {
        return Ok(Verdict::Refused(Refused::Unknown));
    };
    signed_in(store, token, (shown.id, found.expires_at), now).await
}

/// A sign-in that is open and not over, by its token.
async fn signed_in(
    store: &Store,
    token: Token,
    (id, end): (Uuid, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Verdict, StoreError> {
    if let Some(refused) = token.refused_at(now) {
        return Ok(Verdict::Refused(refused));
    }
    was_used(store, &token, now).await?;
    let until = token.expires_at.map_or(end, |other| other.min(end));
    Ok(Verdict::Good(Box::new(Checked {
        token,
        sign_in: Some(id),
        until: Some(until),
    })))
}

/// Checks by what somebody was known when a ticket was written: the token, and the sign-in if
/// there was one.
pub(super) async fn check_known(
    store: &Store,
    token: Uuid,
    sign_in: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<Verdict, StoreError> {
    let Some(token) = super::get(store, token).await? else {
        return Ok(Verdict::Refused(Refused::Unknown));
    };
    let Some(id) = sign_in else {
        if let Some(refused) = token.refused_at(now) {
            return Ok(Verdict::Refused(refused));
        }
        return Ok(Verdict::Good(Box::new(Checked {
            sign_in: None,
            until: token.expires_at,
            token,
        })));
    };
    let end = sqlx::query_scalar!(
        "SELECT expires_at FROM sign_ins WHERE id = $1 AND ended_at IS NULL AND expires_at > $2",
        id,
        now,
    )
    .fetch_optional(store.pool())
    .await?;
    match end {
        Some(end) => signed_in(store, token, (id, end), now).await,
        None => Ok(Verdict::Refused(Refused::Unknown)),
    }
}

/// Takes down a use, to the minute: a busy token must not cost a write a request.
async fn was_used(store: &Store, token: &Token, now: DateTime<Utc>) -> Result<(), StoreError> {
    let minute_ago = now - TimeDelta::minutes(1);
    if token.last_used_at.is_some_and(|used| used > minute_ago) {
        return Ok(());
    }
    let mut transaction = store.write_accounts().await?;
    sqlx::query!(
        "UPDATE tokens SET last_used_at = greatest(last_used_at, $2) WHERE id = $1",
        token.id,
        now,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}
