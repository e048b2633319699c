//! Wishes of operators.

mod allowed;
mod request;

use axum::{extract::State, response::Response};
use baton_domain::{Role, RunId};
use baton_wire::{
    ControlCommand,
    http::{ControlEvent, ControlRequest},
};

use crate::{
    extract::{Asker, Body, IdempotencyKey, Pairs, RunPath},
    identity::{Identity, Need},
    problem::{Answer, Wishing},
    say::Wish,
    state::App,
};

use self::allowed::check;

/// Holds a run, lets it go on, takes it over or hands it back, ends it, or tries it again
///
/// `pause` holds it at its agent's next tool call (`mode` `soft`), and by force if none comes before
/// the deadline, or at once (`hard`); the run's clock stands still meanwhile. `resume` lets it go on.
/// `takeover` holds it for the asker, who works in its place (ask for a write grant of its live
/// session), and `hand_back` tells the agent what was done, with what changed in the workspace;
/// whoever took it over hands it back, or an admin. `raise_budget` lets it use up more. `cancel` ends
/// it, held or not. `redrive` tries a run again that failed or was dead-lettered; its failures count
/// from 0 again. `release_lease` takes the run away from the worker that holds it, so that the next
/// attempt is offered at once: for a worker that beats but does no good; it needs the role `admin`.
///
/// The wish is kept when the answer arrives. How far it has come, the run's `control` and its events
/// tell: requested, delivered (its worker holds it), effective (it happened), or refused by the
/// worker with the reason. The same wish under the same `Idempotency-Key` is one wish.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/control",
    operation_id = "controlTaskRun",
    tag = "runs",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable ASCII characters, unique for the actor and the run", min_length = 1, max_length = 200),
    ),
    request_body(
        content = ControlRequest,
        examples(
            ("pause" = (summary = "Hold it at the next tool call, for ten minutes at most", value = json!({"action": "pause", "note": "let me look", "resumeAfterSeconds": 600}))),
            ("takeover" = (summary = "Work in its place", value = json!({"action": "takeover", "note": "the migration is stuck"}))),
            ("hand back" = (summary = "Let the agent go on from there", value = json!({"action": "hand_back", "summary": "I renamed the column; go on with the tests"}))),
            ("cancel" = (summary = "End it", value = json!({"action": "cancel", "note": "superseded"})))
        )
    ),
    responses(
        (status = 202, description = "The wish is kept", body = ControlEvent, headers(
            ("Baton-History-Delayed" = Option<String>, description = "`true` if the recorder has not seen it yet"),
            ("Idempotency-Replayed" = Option<String>, description = "`true` if it was kept before, under this key"),
        )),
        Wishing,
    ),
)]
pub(crate) async fn control(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    IdempotencyKey(key): IdempotencyKey,
    query: Pairs,
    Body(request): Body<ControlRequest>,
) -> Answer<Response> {
    query.finish()?;
    let command = request::command(&request, app.options().control)?;
    if matches!(command, ControlCommand::ReleaseLease { .. }) {
        asker.require(Need::Role(Role::Admin))?;
    }
    say_if_allowed(&app, run, &asker, key.as_deref(), command).await
}

/// Says it of a run whose state allows it; once, however often it comes under its key.
pub(super) async fn say_if_allowed(
    app: &App,
    run: RunId,
    asker: &Identity,
    key: Option<&str>,
    command: ControlCommand,
) -> Answer<Response> {
    let wish = Wish::new(app, run, asker.name.clone(), key, command.clone());
    wish.say_once(app, check(app, run, asker, &command)).await
}
