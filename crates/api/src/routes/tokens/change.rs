//! A token gets another role.

use axum::{Json, extract::State};
use baton_domain::Role;
use baton_store::accounts;
use baton_wire::http::{TokenChange, TokenInfo};

use super::{deed, token_info, unavailable};
use crate::{
    extract::{Asker, Body, Pairs, TokenPath},
    problem::{Answer, Governing, Kind, Problem},
    state::App,
};

/// Gives an operator's token another role
///
/// Requests and streams that are open under it end at once: whoever has it comes back with what it
/// may do now.
#[utoipa::path(
    patch,
    path = "/api/tokens/{id}",
    operation_id = "changeToken",
    tag = "identity",
    params(("id" = uuid::Uuid, Path, description = "The token's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    request_body(content = TokenChange, example = json!({"role": "viewer"})),
    responses(
        (status = 200, description = "The token has that role", body = TokenInfo),
        Governing,
    ),
)]
pub(crate) async fn change(
    State(app): State<App>,
    TokenPath(id): TokenPath,
    Asker(asker): Asker,
    query: Pairs,
    Body(request): Body<TokenChange>,
) -> Answer<Json<TokenInfo>> {
    query.finish()?;
    let role: Role = request.role.parse().map_err(|_| {
        Problem::field(
            Kind::InvalidBody,
            "role",
            "must be viewer, operator or admin",
        )
    })?;
    let deed = deed(&app, &asker);
    let store = app.accounts().store();
    let changed = accounts::change_role(store, id, role, &deed)
        .await
        .map_err(unavailable)?;
    let Some(token) = changed else {
        let found = accounts::get(store, id).await.map_err(unavailable)?;
        let token = found.ok_or_else(|| Problem::not_found("token", &id.to_string()))?;
        let why = match token.revoked {
            Some(_) => "it is revoked",
            None => "it is a worker's, which has no role",
        };
        return Err(Problem::new(
            Kind::Conflict,
            format!("the token cannot get a role: {why}"),
        ));
    };
    tracing::info!(token = %id, name = %token.name, %role, by = %deed.by, "a token got another role");
    Ok(Json(token_info(token, deed.at)))
}
