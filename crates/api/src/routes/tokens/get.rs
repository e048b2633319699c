//! One token.

use axum::{Json, extract::State};
use baton_store::accounts;
use baton_wire::http::TokenInfo;

use super::{token_info, unavailable};
use crate::{
    extract::{Pairs, TokenPath},
    problem::{Answer, Governing, Problem},
    state::App,
};

/// Shows a token, without its secret
#[utoipa::path(
    get,
    path = "/api/tokens/{id}",
    operation_id = "getToken",
    tag = "identity",
    params(("id" = uuid::Uuid, Path, description = "The token's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    responses(
        (status = 200, description = "The token", body = TokenInfo),
        Governing,
    ),
)]
pub(crate) async fn get(
    State(app): State<App>,
    TokenPath(id): TokenPath,
    query: Pairs,
) -> Answer<Json<TokenInfo>> {
    query.finish()?;
    let found = accounts::get(app.accounts().store(), id)
        .await
        .map_err(unavailable)?;
    let token = found.ok_or_else(|| Problem::not_found("token", &id.to_string()))?;
    Ok(Json(token_info(token, app.clock().now())))
}
