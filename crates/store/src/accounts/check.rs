//! Whether a secret that somebody shows is good.

use baton_domain::TokenKind;
use chrono::{DateTime, TimeDelta, Utc};

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
    if let Some(refused) = token.refused_at(now) {
        return Ok(Verdict::Refused(refused));
    }
    was_used(store, &token, now).await?;
    let until = token
        .expires_at
        .map_or(found.expires_at, |end| end.min(found.expires_at));
    Ok(Verdict::Good(Box::new(Checked {
        token,
        sign_in: Some(shown.id),
        until: Some(until),
    })))
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
