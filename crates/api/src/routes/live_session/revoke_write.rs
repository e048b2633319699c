//! The right to type, taken away.

use axum::{extract::State, response::Response};
use baton_domain::{Actor, RunId};
use baton_wire::{
    GrantStep,
    http::{SessionAnswer, SessionNote},
};

use super::step::{self, nobody};
use crate::{
    extract::{Asker, Body, Pairs, RunPath},
    grants::{Before, Next, Said},
    note,
    problem::{Answer, Wishing},
    state::App,
};

/// Takes the right to type away from whoever has it
///
/// Nothing that is typed under it is taken from the moment on when the run's gate has heard of it:
/// `effective` says whether it has. This works while the database is away.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/live-session/revoke-write",
    operation_id = "revokeWrite",
    tag = "live sessions",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    request_body(content = SessionNote, example = json!({"note": "left the desk"})),
    responses(
        (status = 200, description = "Nobody may type any more", body = SessionAnswer),
        Wishing,
    ),
)]
pub(crate) async fn revoke_write(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    query: Pairs,
    Body(request): Body<SessionNote>,
) -> Answer<Response> {
    query.finish()?;
    let note = note::checked(request.note.as_ref())?;
    step::answered(&app, run, &asker.name, |before| {
        revoked(before, note.as_ref())
    })
    .await
}

/// Takes it away; a conflict when nobody has it.
pub(super) async fn take(
    app: &App,
    run: RunId,
    actor: &Actor,
    note: Option<&String>,
) -> Answer<Said> {
    step::say(app, run, actor, |before| revoked(before, note)).await
}

/// Somebody whose time is over by this machine's clock may still have some at the gate, so that one
/// is told as well.
fn revoked(before: &Before, note: Option<&String>) -> Answer<Next> {
    Ok(Next {
        step: GrantStep::Revoked,
        grant: before.named().ok_or_else(nobody)?.grant,
        writer: None,
        note: note.cloned(),
    })
}
