//! Saying something to an agent.

use axum::{extract::State, response::Response};
use baton_domain::MessageKind;
use baton_wire::{
    ControlCommand,
    http::{ControlEvent, MessageRequest},
};

use crate::{
    extract::{Asker, Body, IdempotencyKey, Pairs, RunPath},
    problem::{Answer, Kind, Problem, Wishing},
    routes::control::say_if_allowed,
    state::App,
    text,
};

/// Says something to a run's agent
///
/// A `steering` message reaches it at its next tool call, a `queued` one when its turn ends: it then
/// goes on with it. The answer's `id` is the message's own; `GET` tells how far it has come, up to
/// `seen`: it stands in a request that the model has answered. Everybody who watches sees it. A
/// message to a run that waits for a worker waits with it.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/operator-messages",
    operation_id = "sendOperatorMessage",
    tag = "control",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable ASCII characters, unique for the actor and the run", min_length = 1, max_length = 200),
    ),
    request_body(content = MessageRequest, example = json!({"message": "Leave the tests as they are", "kind": "steering"})),
    responses(
        (status = 202, description = "The message is kept", body = ControlEvent, headers(
            ("Baton-History-Delayed" = Option<String>, description = "`true` if the recorder has not seen it yet"),
            ("Idempotency-Replayed" = Option<String>, description = "`true` if it was kept before, under this key"),
        )),
        Wishing,
    ),
)]
pub(crate) async fn send(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    IdempotencyKey(key): IdempotencyKey,
    query: Pairs,
    Body(request): Body<MessageRequest>,
) -> Answer<Response> {
    query.finish()?;
    let command = command(&request, app.options().control.message_max_chars)?;
    say_if_allowed(&app, run, &asker, key.as_deref(), command).await
}

fn command(request: &MessageRequest, most: usize) -> Answer<ControlCommand> {
    let kind = match &request.kind {
        None => MessageKind::Steering,
        Some(kind) => kind.parse().map_err(|_| {
            let rule = "must be 'steering' (at its next tool call) or 'queued' (at its turn's end)";
            Problem::field(Kind::InvalidBody, "kind", rule)
        })?,
    };
    Ok(ControlCommand::SendMessage {
        kind,
        text: text::checked("message", &request.message, most)?,
    })
}
