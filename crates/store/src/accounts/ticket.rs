//! Tickets that open one terminal connection each. A row is deleted when its ticket is used: so a
//! ticket is good once, whichever API meets it.

use baton_domain::RunId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Refused, Verdict, check,
    secret::{self, Purpose, TokenText},
};
use crate::{Store, StoreError};

/// A ticket that is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// A version 7 id that no other ticket has.
    pub id: Uuid,
    /// The run whose terminals it opens.
    pub run: RunId,
    /// The token of whoever asks; none for one whom nobody has to prove to be.
    pub token: Option<Uuid>,
    /// The browser's sign-in, if it asked with a cookie.
    pub sign_in: Option<Uuid>,
    /// When.
    pub at: DateTime<Utc>,
    /// When it stops being good.
    pub expires_at: DateTime<Utc>,
}

/// What a ticket was worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// What whoever asked for it is worth now.
    Known(Verdict),
    /// It was written for one whom nobody has to prove to be.
    Unproven,
}

/// Writes a ticket and gives its text. Those that are over are cleared away.
///
/// # Errors
/// When the database is unavailable, or may not be written.
pub async fn write_ticket(store: &Store, ticket: Ticket) -> Result<TokenText, StoreError> {
    let (text, hash) = secret::make(Purpose::Ticket, ticket.id)?;
    let mut transaction = store.write_accounts().await?;
    sqlx::query!(
        "DELETE FROM terminal_tickets WHERE expires_at < $1",
        ticket.at,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "INSERT INTO terminal_tickets (id, hash, run_id, token_id, sign_in_id, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        ticket.id,
        &hash[..],
        ticket.run.as_uuid(),
        ticket.token,
        ticket.sign_in,
        ticket.expires_at,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(text)
}

/// Uses a ticket up. It is worth what the token behind it is worth now.
///
/// # Errors
/// When the database is unavailable, or may not be written: the ticket may be used up then.
pub async fn redeem_ticket(
    store: &Store,
    run: RunId,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Redeemed, StoreError> {
    let refused = Ok(Redeemed::Known(Verdict::Refused(Refused::Ticket)));
    let Some(shown) = secret::read(text).filter(|shown| shown.purpose == Purpose::Ticket) else {
        return refused;
    };
    let mut transaction = store.write_accounts().await?;
    let found = sqlx::query!(
        "DELETE FROM terminal_tickets WHERE id = $1 AND run_id = $2 AND hash = $3
         RETURNING token_id, sign_in_id, expires_at",
        shown.id,
        run.as_uuid(),
        &shown.hash()[..],
    )
    .fetch_optional(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let Some(ticket) = found.filter(|ticket| ticket.expires_at > now) else {
        return refused;
    };
    let Some(token) = ticket.token_id else {
        return Ok(Redeemed::Unproven);
    };
    let verdict = check::check_known(store, token, ticket.sign_in_id, now).await?;
    Ok(Redeemed::Known(verdict))
}
