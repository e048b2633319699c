//! Whether the server lives, and whether it can do its work.

use axum::{Json, extract::State, http::StatusCode};
use baton_wire::http::Health;

use crate::{problem::Anywhere, state::App};

/// Says that the server lives
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "getLive",
    tag = "server",
    responses(
        (status = 200, description = "It lives", body = Health),
        Anywhere,
    ),
)]
pub(crate) async fn live(State(app): State<App>) -> Json<Health> {
    Json(health(&app))
}

/// Says whether the server can do its work
///
/// Without the broker it cannot: 503. Without the database it takes runs and delays history: 200,
/// `degraded`.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "getReady",
    tag = "server",
    responses(
        (status = 200, description = "It can", body = Health),
        (status = 503, description = "It cannot", body = Health),
        Anywhere,
    ),
)]
pub(crate) async fn ready(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let health = health(&app);
    let status = if health.broker {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health))
}

fn health(app: &App) -> Health {
    let broker = app.broker_is_up();
    let database = app.history().is_up();
    let status = match (broker, database) {
        (true, true) => "ok",
        (true, false) => "degraded",
        (false, _) => "unavailable",
    };
    Health {
        status: status.to_owned(),
        broker,
        database,
    }
}
