//! Who asks, as the server knows it.

use axum::Json;
use baton_wire::http::Me;

use super::tokens::texts;
use crate::{
    extract::Asker,
    identity::{By, Identity},
    problem::Anywhere,
};

/// Says who asks, and what that one may do
///
/// A worker learns here what its token allows, so that it takes no other runs.
#[utoipa::path(
    get,
    path = "/api/me",
    operation_id = "getMe",
    tag = "identity",
    responses(
        (status = 200, description = "Who asks", body = Me),
        Anywhere,
    ),
)]
pub(crate) async fn me(Asker(identity): Asker) -> Json<Me> {
    Json(shown(&identity))
}

/// An identity for its owner.
pub(super) fn shown(identity: &Identity) -> Me {
    let scope = identity.scope();
    Me {
        name: identity.name.to_string(),
        kind: identity.kind().to_string(),
        role: identity.role().map(|role| role.to_string()),
        by: match identity.by {
            By::Token(_) => "token",
            By::SignIn { .. } => "sign_in",
            By::Default => "default",
        }
        .to_owned(),
        token_id: identity.token(),
        expires_at: identity.until,
        worker: scope.map(|scope| scope.workers.to_string()),
        pools: scope.map_or_else(Vec::new, |scope| texts(&scope.pools)),
        repositories: scope.map_or_else(Vec::new, |scope| texts(&scope.repositories)),
        run_types: scope.map_or_else(Vec::new, |scope| texts(&scope.run_types)),
    }
}
