//! Tokens, newest first.

use axum::{Json, extract::State};
use baton_store::accounts;
use baton_wire::http::TokenPage;

use super::{token_info, unavailable};
use crate::{
    extract::Pairs,
    problem::{Answer, Governing},
    state::App,
};

/// Lists tokens, newest first, those that are expired or revoked among them
///
/// Who made and who revoked each, and when, stays on record. The secrets are not kept anywhere.
#[utoipa::path(
    get,
    path = "/api/tokens",
    operation_id = "listTokens",
    tag = "identity",
    params(
        ("limit" = Option<u32>, Query, description = "Tokens a page; 100 if absent", minimum = 1, maximum = 500, example = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before", max_length = 200),
    ),
    responses(
        (status = 200, description = "A page of tokens", body = TokenPage),
        Governing,
    ),
)]
pub(crate) async fn list(State(app): State<App>, mut query: Pairs) -> Answer<Json<TokenPage>> {
    let limit = query.number("limit", 1, 500, 100);
    let before = query.parsed("cursor", "is not a cursor that this server gave");
    query.finish()?;
    // One more than asked for tells whether others follow.
    let mut found = accounts::list(app.accounts().store(), before, limit + 1)
        .await
        .map_err(unavailable)?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > wanted;
    found.truncate(wanted);
    let last = found.last().map(|token| token.id.to_string());
    let now = app.clock().now();
    Ok(Json(TokenPage {
        tokens: found
            .into_iter()
            .map(|token| token_info(token, now))
            .collect(),
        next_cursor: last.filter(|_| has_more),
    }))
}
