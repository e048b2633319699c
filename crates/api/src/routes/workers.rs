//! The workers, as their beats tell.

use axum::{Json, extract::State};
use baton_wire::http::WorkerList;

use crate::{problem::Anywhere, state::App};

/// Lists the workers heard of within the last minute
#[utoipa::path(
    get,
    path = "/api/workers",
    operation_id = "listWorkers",
    tag = "fleet",
    responses(
        (status = 200, description = "The workers, by id", body = WorkerList),
        Anywhere,
    ),
)]
pub(crate) async fn workers(State(app): State<App>) -> Json<WorkerList> {
    Json(WorkerList {
        workers: app.beats().workers(),
    })
}
