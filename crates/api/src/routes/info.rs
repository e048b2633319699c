//! What the server says of itself.

use axum::{Extension, Json, body::Bytes, extract::State, http::header, response::IntoResponse};
use baton_wire::http::ServerInfo;

use crate::{problem::Anywhere, state::App};

/// The document that tells of every endpoint, as it is served.
#[derive(Debug, Clone)]
pub(crate) struct OpenApiText(Bytes);

impl From<String> for OpenApiText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Says which server this is
#[utoipa::path(
    get,
    path = "/api/info",
    operation_id = "getInfo",
    tag = "server",
    responses(
        (status = 200, description = "The server", body = ServerInfo),
        Anywhere,
    ),
)]
pub(crate) async fn info(State(app): State<App>) -> Json<ServerInfo> {
    Json(ServerInfo {
        name: "baton".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        artifact_max_bytes: app.options().artifact_max_bytes,
    })
}

/// Serves this document
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    operation_id = "getOpenApi",
    tag = "server",
    responses(
        (status = 200, description = "The OpenAPI document", body = serde_json::Value),
        Anywhere,
    ),
)]
pub(crate) async fn openapi(Extension(text): Extension<OpenApiText>) -> impl IntoResponse {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, text.0)
}
