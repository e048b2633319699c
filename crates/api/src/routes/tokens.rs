//! Tokens: made, listed, changed and revoked by operators of the role `admin`.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod revoke;

use baton_store::{
    StoreError,
    accounts::{Authority, Deed, Refused, Token},
};
use baton_wire::http::TokenInfo;
use chrono::{DateTime, Utc};

use crate::{
    identity::Identity,
    problem::{Kind, Problem},
    state::App,
};

/// A token for an admin's eyes, as of a time.
#[must_use]
pub fn token_info(token: Token, now: DateTime<Utc>) -> TokenInfo {
    let state = match token.refused_at(now) {
        None => "good",
        Some(Refused::Expired(_)) => "expired",
        Some(_) => "revoked",
    };
    let kind = token.kind();
    let (role, scope) = match &token.authority {
        Authority::Operator(role) => (Some(role.to_string()), None),
        Authority::Worker(scope) => (None, Some(scope)),
    };
    TokenInfo {
        id: token.id,
        kind: kind.to_string(),
        role,
        worker: scope.map(|scope| scope.workers.to_string()),
        pools: scope.map_or_else(Vec::new, |scope| texts(&scope.pools)),
        repositories: scope.map_or_else(Vec::new, |scope| texts(&scope.repositories)),
        run_types: scope.map_or_else(Vec::new, |scope| texts(&scope.run_types)),
        state: state.to_owned(),
        name: token.name.into(),
        created_by: token.created.by.into(),
        created_at: token.created.at,
        expires_at: token.expires_at,
        last_used_at: token.last_used_at,
        role_changed_at: token.role_changed.as_ref().map(|deed| deed.at),
        role_changed_by: token.role_changed.map(|deed| deed.by.into()),
        revoked_at: token.revoked.as_ref().map(|deed| deed.at),
        revoked_by: token.revoked.map(|deed| deed.by.into()),
    }
}

/// Words as they are sent.
pub(super) fn texts<T: ToString>(words: impl IntoIterator<Item = T>) -> Vec<String> {
    words.into_iter().map(|word| word.to_string()).collect()
}

/// What the asker does now, for the record.
fn deed(app: &App, asker: &Identity) -> Deed {
    Deed {
        by: asker.name.clone(),
        at: app.clock().now(),
    }
}

/// Accounts cannot be read or written.
pub(super) fn unavailable(error: StoreError) -> Problem {
    if !error.is_unavailable() {
        return Problem::internal(&error);
    }
    Problem::new(
        Kind::HistoryUnavailable,
        "no token can be read, made or revoked: the database cannot be reached",
    )
}
