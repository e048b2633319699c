//! One run.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_wire::http::TaskRun;

use crate::{
    extract::{Pairs, RunPath},
    find::{self, Found},
    problem::{Answer, Reading},
    reply,
    state::App,
};

/// Shows a run
///
/// A run that was just submitted is found even before it is recorded: then it is shown as it was
/// offered, with `Baton-History-Delayed: true`.
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}",
    operation_id = "getTaskRun",
    tag = "runs",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    responses(
        (status = 200, description = "The run", body = TaskRun, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
            ("Baton-History-Delayed" = String, description = "`true` while the recorder has not seen the run"),
        )),
        Reading,
    ),
)]
pub(crate) async fn get(
    State(app): State<App>,
    RunPath(run): RunPath,
    query: Pairs,
) -> Answer<Response> {
    query.finish()?;
    let position = reply::recorded_to(app.history().position());
    Ok(match find::run(&app, run).await? {
        Found::Recorded(stored) => (position, Json(app.show(*stored)?)).into_response(),
        Found::Offered(run) => (position, reply::delayed(), Json(*run)).into_response(),
    })
}
