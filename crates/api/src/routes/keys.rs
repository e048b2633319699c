//! The public part of the session keys.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse,
};
use baton_keys::PublicKey;
use baton_wire::http::PublicKeys;

use crate::{problem::Anywhere, state::App};

/// Workers ask again when they meet a key that they do not know.
const CACHED: HeaderValue = HeaderValue::from_static("private, max-age=60");

/// Gives the public part of the session keys
///
/// The first is the current one: workers seal secrets to it. The others are still good for what
/// they signed. The list is empty when the API has no keys; then nobody can type.
#[utoipa::path(
    get,
    path = "/api/keys",
    operation_id = "getKeys",
    tag = "identity",
    responses(
        (status = 200, description = "The keys", body = PublicKeys),
        Anywhere,
    ),
)]
pub(crate) async fn keys(State(app): State<App>) -> impl IntoResponse {
    let set = app.options().live.keys.as_ref();
    let public = set.map(|set| set.public()).unwrap_or_default();
    let body = PublicKeys {
        keys: public.iter().map(PublicKey::to_wire).collect(),
    };
    ([(header::CACHE_CONTROL, CACHED)], Json(body))
}
