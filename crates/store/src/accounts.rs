//! Tokens of operators and workers, and sign-ins of browsers. These tables come from nobody's
//! messages: the API alone writes them, in transactions that say so, so that its other connections
//! can stay read-only.

mod change;
mod check;
mod create;
mod feed;
mod get;
mod list;
mod row;
mod secret;
mod sign_in;
mod ticket;

use baton_domain::{Actor, Role, TokenKind, WorkerScope};
use chrono::{DateTime, Utc};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

pub use change::{change_role, revoke};
pub use check::{check, check_sign_in};
pub use create::{NewToken, create};
pub use feed::{AccountsChange, AccountsFeed};
pub use get::{get, sign_in_is_open};
pub use list::list;
pub use secret::{TokenText, random_password};
pub use sign_in::{SignIn, sign_in, sign_out};
pub use ticket::{Redeemed, Ticket, redeem_ticket, write_ticket};

use crate::{Store, StoreError};

/// A token, as everybody may see it: its secret is not here, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Part of the token's text, and no secret.
    pub id: Uuid,
    /// Who has it.
    pub name: Actor,
    /// What it allows.
    pub authority: Authority,
    /// Who made it, and when.
    pub created: Deed,
    /// When it stops being good, if ever.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Who gave it the role it has, if not its maker, and when.
    pub role_changed: Option<Deed>,
    /// Who revoked it, and when.
    pub revoked: Option<Deed>,
}

/// What a token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// An operator's.
    Operator(Role),
    /// A worker's.
    Worker(WorkerScope),
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
}

/// What was found of a secret that somebody showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Good(Box<Checked>),
    /// It is not.
    Refused(Refused),
}

/// A secret that is good, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The token.
    pub token: Token,
    /// The browser's sign-in, if the secret was a cookie.
    pub sign_in: Option<Uuid>,
    /// When it stops being good, if ever: the token's end, or the sign-in's if that is earlier.
    pub until: Option<DateTime<Utc>>,
}

/// Why a secret is not good. All but the first are told only to those who know the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such token, or its secret is another.
    #[error("the token is not known here")]
    Unknown,
    /// It is over.
    #[error("the token expired at {}", said(.0))]
    Expired(DateTime<Utc>),
    /// Somebody has revoked it.
    #[error("the token was revoked at {}", said(.0))]
    Revoked(DateTime<Utc>),
    /// The browser has signed out.
    #[error("the browser signed out at {}", said(.0))]
    SignedOut(DateTime<Utc>),
    /// The sign-in is over; the token may still be good.
    #[error("the browser's sign-in expired at {}", said(.0))]
    SignInExpired(DateTime<Utc>),
    /// The ticket is over, or was used, or is another run's.
    #[error("the ticket was used, is too old, or is another run's")]
    Ticket,
}

fn said(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

impl Token {
    /// Whose it is.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        match self.authority {
            Authority::Operator(_) => TokenKind::Operator,
            Authority::Worker(_) => TokenKind::Worker,
        }
    }

    /// Why it is not good at this time, if it is not.
    #[must_use]
    pub fn refused_at(&self, now: DateTime<Utc>) -> Option<Refused> {
        match (&self.revoked, self.expires_at) {
            (Some(deed), _) => Some(Refused::Revoked(deed.at)),
            (None, Some(end)) if end <= now => Some(Refused::Expired(end)),
            _ => None,
        }
    }
}

impl Verdict {
    /// What is good, if it is.
    #[must_use]
    pub fn good(self) -> Option<Checked> {
        match self {
            Self::Good(checked) => Some(*checked),
            Self::Refused(_) => None,
        }
    }
}

impl Store {
    /// A transaction that may write although the connection is read-only by default.
    async fn write_accounts(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool().begin_with("BEGIN READ WRITE").await?)
    }
}
