//! The right to type, given back.

use axum::{extract::State, response::Response};
use baton_wire::{
    GrantStep,
    http::{SessionAnswer, SessionNote},
};

use super::step;
use crate::{
    extract::{Asker, Body, Pairs, RunPath},
    grants::Next,
    note,
    problem::{Answer, Wishing},
    state::App,
};

/// Gives back the asker's right to type
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/live-session/release-write",
    operation_id = "releaseWrite",
    tag = "live sessions",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    request_body(content = SessionNote, example = json!({"note": "done"})),
    responses(
        (status = 200, description = "Nobody may type any more", body = SessionAnswer),
        Wishing,
    ),
)]
pub(crate) async fn release_write(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    query: Pairs,
    Body(request): Body<SessionNote>,
) -> Answer<Response> {
    query.finish()?;
    let note = note::checked(request.note.as_ref())?;
    step::answered(&app, run, &asker.name, |before| {
        Ok(Next {
            step: GrantStep::Released,
            grant: step::held(before, &asker)?.grant,
            writer: None,
            note: note.clone(),
        })
    })
    .await
}
