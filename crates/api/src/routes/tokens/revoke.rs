//! A token comes to its end.

use axum::{Json, extract::State};
use baton_store::accounts;
use baton_wire::http::TokenInfo;

use super::{deed, token_info, unavailable};
use crate::{
    extract::{Asker, Pairs, TokenPath},
    problem::{Answer, Governing, Problem},
    state::App,
};

/// Revokes a token
///
/// Requests and streams that are open under it end at once, on every API, and with them the
/// sign-ins made by it. Revoking it again changes nothing.
#[utoipa::path(
    delete,
    path = "/api/tokens/{id}",
    operation_id = "revokeToken",
    tag = "identity",
    params(("id" = uuid::Uuid, Path, description = "The token's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    responses(
        (status = 200, description = "The token is revoked", body = TokenInfo),
        Governing,
    ),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    TokenPath(id): TokenPath,
    Asker(asker): Asker,
    query: Pairs,
) -> Answer<Json<TokenInfo>> {
    query.finish()?;
    let deed = deed(&app, &asker);
    let found = accounts::revoke(app.accounts().store(), id, &deed)
        .await
        .map_err(unavailable)?;
    let token = found.ok_or_else(|| Problem::not_found("token", &id.to_string()))?;
    tracing::info!(token = %id, name = %token.name, by = %deed.by, "a token was revoked");
    Ok(Json(token_info(token, deed.at)))
}
