//! The files that a run left.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_wire::http::ArtifactList;

use crate::{
    extract::{Pairs, RunPath},
    find,
    problem::{Answer, Reading},
    reply, shown,
    state::App,
};

/// Lists a run's artifacts, by attempt and name
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/artifacts",
    operation_id = "listArtifacts",
    tag = "artifacts",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    responses(
        (status = 200, description = "The artifacts", body = ArtifactList, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn list(
    State(app): State<App>,
    RunPath(run): RunPath,
    query: Pairs,
) -> Answer<Response> {
    query.finish()?;
    let position = reply::recorded_to(app.history().position());
    find::run(&app, run).await?;
    let stored = app.history().artifacts(run).await?;
    let artifacts = stored.into_iter().map(shown::artifact).collect();
    Ok((position, Json(ArtifactList { artifacts })).into_response())
}
