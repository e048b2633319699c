//! One message to a run's agent.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_wire::http::OperatorMessage;

use super::found;
use crate::{
    extract::{MessagePath, Pairs},
    problem::{Answer, Reading},
    reply, shown,
    state::App,
};

/// Shows how far a message to a run's agent has come
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/operator-messages/{message}",
    operation_id = "getOperatorMessage",
    tag = "control",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("message" = uuid::Uuid, Path, description = "The message's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e32"),
    ),
    responses(
        (status = 200, description = "The message", body = OperatorMessage, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn get(
    State(app): State<App>,
    MessagePath { run, message }: MessagePath,
    query: Pairs,
) -> Answer<Response> {
    query.finish()?;
    let position = reply::recorded_to(app.history().position());
    let message = found(&app, run, message).await?;
    Ok((position, Json(shown::message(message))).into_response())
}
