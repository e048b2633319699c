//! The drains in force.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_wire::http::DrainList;

use crate::{
    extract::Pairs,
    problem::{Answer, Reading},
    reply,
    state::App,
};

/// Lists the drains in force
#[utoipa::path(
    get,
    path = "/api/drains",
    operation_id = "listDrains",
    tag = "fleet",
    responses(
        (status = 200, description = "The drains, by scope", body = DrainList, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn list(State(app): State<App>, query: Pairs) -> Answer<Response> {
    query.finish()?;
    let position = app.history().position();
    let now = app.clock().now();
    let stored = app.history().drains().await?;
    let drains = stored
        .into_iter()
        .map(|stored| stored.drain)
        .filter(|drain| drain.is_in_force(now))
        .map(|drain| super::shown(&app, drain))
        .collect();
    Ok((reply::recorded_to(position), Json(DrainList { drains })).into_response())
}
