//! A row of `tokens`.

use baton_domain::{Actor, TokenKind, WorkerScope};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Authority, Deed, Token};
use crate::error::{InvalidRow, Place};

/// `SELECT` of whole tokens; what follows is the statement from `FROM` on, and its arguments.
macro_rules! select_tokens {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::accounts::row::TokenRow,
            "SELECT id, kind, name, hash, role, worker_pattern, pools, repositories, run_types, created_by,
                created_at, expires_at, last_used_at, role_changed_by, role_changed_at,
                revoked_by, revoked_at
             FROM tokens " + $rest
            $(, $argument)*
        )
    };
}
pub(super) use select_tokens;

pub(super) struct TokenRow {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) hash: Vec<u8>,
    pub(super) role: Option<String>,
    pub(super) worker_pattern: Option<String>,
    pub(super) pools: Vec<String>,
    pub(super) repositories: Vec<String>,
    pub(super) run_types: Vec<String>,
    pub(super) created_by: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) last_used_at: Option<DateTime<Utc>>,
    pub(super) role_changed_by: Option<String>,
    pub(super) role_changed_at: Option<DateTime<Utc>>,
    pub(super) revoked_by: Option<String>,
    pub(super) revoked_at: Option<DateTime<Utc>>,
}

impl TryFrom<TokenRow> for Token {
    type Error = InvalidRow;

    fn try_from(row: TokenRow) -> Result<Self, InvalidRow> {
        let at = Place {
            table: "tokens",
            key: &row.id,
        };
        let kind: TokenKind = at.fit("kind", row.kind.parse())?;
        let authority = match kind {
            TokenKind::Operator => {
                let role = at.known("role", row.role)?;
                Authority::Operator(at.fit("role", role.parse())?)
            }
            TokenKind::Worker => Authority::Worker(WorkerScope {
                workers: at.fit(
                    "worker_pattern",
                    at.known("worker_pattern", row.worker_pattern)?.parse(),
                )?,
                pools: words(&at, "pools", &row.pools)?,
                repositories: words(&at, "repositories", &row.repositories)?,
                run_types: words(&at, "run_types", &row.run_types)?,
            }),
        };
        Ok(Self {
            id: row.id,
            name: at.fit("name", Actor::try_from(row.name))?,
            authority,
            created: Deed {
                by: at.fit("created_by", Actor::try_from(row.created_by))?,
                at: row.created_at,
            },
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            role_changed: deed(
                &at,
                "role_changed_by",
                row.role_changed_by,
                row.role_changed_at,
            )?,
            revoked: deed(&at, "revoked_by", row.revoked_by, row.revoked_at)?,
        })
    }
}

fn words<T, C>(
    at: &Place<'_, Uuid>,
    column: &'static str,
    words: &[String],
) -> Result<C, InvalidRow>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
    C: FromIterator<T>,
{
    words
        .iter()
        .map(|word| at.fit(column, word.parse()))
        .collect()
}

fn deed(
    place: &Place<'_, Uuid>,
    column: &'static str,
    by: Option<String>,
    at: Option<DateTime<Utc>>,
) -> Result<Option<Deed>, InvalidRow> {
    let Some((by, at)) = by.zip(at) else {
        return Ok(None);
    };
    let by = place.fit(column, Actor::try_from(by))?;
    Ok(Some(Deed { by, at }))
}
