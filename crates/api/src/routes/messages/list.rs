//! Messages to a run's agent.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_wire::http::OperatorMessagePage;

use crate::{
    extract::{Pairs, RunPath},
    find,
    problem::{Answer, Reading},
    reply, shown,
    state::App,
};

/// Lists what was said to a run's agent, oldest first
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/operator-messages",
    operation_id = "listOperatorMessages",
    tag = "control",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("limit" = Option<u32>, Query, description = "Messages a page; 50 if absent", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before", max_length = 40),
    ),
    responses(
        (status = 200, description = "A page of messages", body = OperatorMessagePage, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn list(
    State(app): State<App>,
    RunPath(run): RunPath,
    mut query: Pairs,
) -> Answer<Response> {
    let limit = query.number("limit", 1, 200, 50);
    let after = query.position("cursor");
    query.finish()?;
    let position = reply::recorded_to(app.history().position());
    find::run(&app, run).await?;
    let page = app.history().messages(run, after, limit).await?;
    let body = Json(OperatorMessagePage {
        messages: page.messages.into_iter().map(shown::message).collect(),
        next_cursor: page.next.map(|last| last.to_string()),
    });
    Ok((position, body).into_response())
}
