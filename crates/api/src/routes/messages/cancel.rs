//! Taking a message back.

use axum::{extract::State, response::Response};
use baton_domain::{MessageState, RunId};
use baton_wire::{ControlCommand, http::ControlEvent};
use uuid::Uuid;

use super::found;
use crate::{
    extract::{Asker, IdempotencyKey, MessagePath, Pairs},
    problem::{Answer, Kind, Problem, Wishing},
    say::Wish,
    shown,
    state::App,
};

/// Takes back a message that the agent was not handed yet
///
/// The wish is kept when the answer arrives. An agent that is handed the message at this very moment
/// keeps it: the message's state tells which came first.
#[utoipa::path(
    delete,
    path = "/api/task-runs/{id}/operator-messages/{message}",
    operation_id = "cancelOperatorMessage",
    tag = "control",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("message" = uuid::Uuid, Path, description = "The message's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e32"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable ASCII characters, unique for the actor and the run", min_length = 1, max_length = 200),
    ),
    responses(
        (status = 202, description = "The wish is kept", body = ControlEvent, headers(
            ("Baton-History-Delayed" = Option<String>, description = "`true` if the recorder has not seen it yet"),
            ("Idempotency-Replayed" = Option<String>, description = "`true` if it was kept before, under this key"),
        )),
        Wishing,
    ),
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    MessagePath { run, message }: MessagePath,
    Asker(asker): Asker,
    IdempotencyKey(key): IdempotencyKey,
    query: Pairs,
) -> Answer<Response> {
    query.finish()?;
    let command = ControlCommand::CancelMessage { message };
    let wish = Wish::new(&app, run, asker.name.clone(), key.as_deref(), command);
    wish.say_once(&app, check(&app, run, message)).await
}

/// Whether the message still waits.
async fn check(app: &App, run: RunId, message: Uuid) -> Answer<()> {
    let stored = shown::message(found(app, run, message).await?);
    let words = match stored.state {
        MessageState::Queued => return Ok(()),
        MessageState::Delivered | MessageState::Seen => "the agent was handed it already",
        MessageState::Cancelled => "it was taken back already",
        MessageState::Undelivered => "the run ended before the agent was handed it",
    };
    let detail = format!("the message cannot be taken back: {words}");
    Err(Problem::new(Kind::Conflict, detail))
}
