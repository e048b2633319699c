//! Saying commands: kept by the broker, handed to whoever holds the run, and answered as taken
//! down. Under an `Idempotency-Key` a command is said once, however often it is asked for: the key
//! makes its id, the broker takes an id once for its window of duplicates, and history remembers
//! it for ever.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use baton_domain::{Actor, RunId};
use baton_wire::{ControlCommand, ControlMessage, MessageId, Subject, http::ControlEvent};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    broker,
    problem::{Answer, Kind, Problem},
    reply,
    state::App,
};

/// A command that somebody asks for.
pub(crate) struct Wish {
    message: ControlMessage,
    has_key: bool,
}

impl Wish {
    /// A wish about a run, under a key if one was given.
    pub(crate) fn new(
        app: &App,
        run: RunId,
        actor: Actor,
        key: Option<&str>,
        command: ControlCommand,
    ) -> Self {
        let mut message = message(app, run, actor, command);
        if let Some(key) = key {
            message.id = id_of(run, &message.actor, key);
        }
        Self {
            message,
            has_key: key.is_some(),
        }
    }

    /// What is wished.
    pub(crate) const fn command(&self) -> &ControlCommand {
        &self.message.command
    }

    /// Says it once, and counts what became of it. It is checked only where it is new: what was
    /// said before has changed what would allow it.
    pub(crate) async fn say_once(
        self,
        app: &App,
        check: impl Future<Output = Answer<()>> + Send,
    ) -> Answer<Response> {
        let action = self.command().action();
        // Boxed, since callers hold it in futures of their own.
        let saying = Box::pin(async {
            if let Some(answer) = self.said_before(app).await? {
                return Ok(answer);
            }
            check.await?;
            self.say(app).await
        });
        app.metrics().counted(action, saying).await
    }

    /// The answer to the first wish under the key, if history knows one. Ask before the run's state
    /// is looked at: what was done changed it.
    pub(crate) async fn said_before(&self, app: &App) -> Answer<Option<Response>> {
        if !self.has_key {
            return Ok(None);
        }
        let (run, id) = (self.message.run, self.message.id);
        let Ok(Some(first)) = app.history().control_event(run, id).await else {
            return Ok(None);
        };
        let same = first.action == self.command().action()
            && Value::Object(fields(self.command())) == first.metadata;
        let actor = Actor::try_from(first.actor).map_err(|error| Problem::internal(&error))?;
        let event = ControlEvent {
            id,
            task_run_id: run,
            actor,
            action: first.action,
            metadata: first.metadata,
            created_at: first.at,
        };
        replayed(event, same).map(Some)
    }

    /// Says it. The answer waits a moment for the recorder.
    pub(crate) async fn say(self, app: &App) -> Answer<Response> {
        let message = self.message;
        let subject = Subject::Control { run: message.run };
        let id = MessageId::control(message.run, message.id);
        let asked = Instant::now();
        let position = broker::publish(app.bus(), &subject, &id, &message).await?;
        if self.has_key {
            let kept = broker::command_at(app.bus(), position).await?;
            if kept.at != message.at {
                let same = kept.command == message.command;
                return replayed(taken_down(kept), same);
            }
        }
        app.metrics().waits().begin(&message, asked);
        hand_over(app, &message).await;
        tracing::info!(
            run = %message.run, command = %message.id, action = message.command.action(),
            actor = %message.actor, %position, "took a command"
        );
        let history = app.history();
        let is_recorded = history
            .reached_within(position, app.recorder_patience())
            .await;
        let answer = (StatusCode::ACCEPTED, Json(taken_down(message)));
        Ok(if is_recorded {
            answer.into_response()
        } else {
            (reply::delayed(), answer).into_response()
        })
    }
}

/// A command of this moment.
pub(crate) fn message(
    app: &App,
    run: RunId,
    actor: Actor,
    command: ControlCommand,
) -> ControlMessage {
    let at = app.clock().now();
    ControlMessage {
        run,
        id: app.new_id(at).as_uuid(),
        actor,
        at,
        command,
    }
}

/// Hands the wish to whoever holds the run. A holder that misses it hears of it at the desk.
pub(crate) async fn hand_over(app: &App, message: &ControlMessage) {
    let Some(holder) = app.beats().holder(message.run) else {
        return;
    };
    if let Err(error) = app.bus().steer(&holder, message).await {
        tracing::debug!(%error, worker = %holder, "failed to hand a command over");
    }
}

fn replayed(first: ControlEvent, same: bool) -> Answer<Response> {
    if same {
        let answer = (StatusCode::ACCEPTED, reply::replayed(), Json(first));
        return Ok(answer.into_response());
    }
    Err(Problem::new(
        Kind::IdempotencyConflict,
        "the key was used for another wish about this run: repeat the first one unchanged, or take \
         a new key",
    ))
}

fn taken_down(message: ControlMessage) -> ControlEvent {
    ControlEvent {
        id: message.id,
        task_run_id: message.run,
        action: message.command.action().to_owned(),
        metadata: Value::Object(fields(&message.command)),
        actor: message.actor,
        created_at: message.at,
    }
}

/// A command's own fields, as history keeps them.
fn fields(command: &ControlCommand) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(command) else {
        return Map::new();
    };
    fields.remove("action");
    fields
}

/// The id of every command of an actor about a run under a key.
fn id_of(run: RunId, actor: &Actor, key: &str) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(run.as_uuid());
    hash.update(actor.as_str());
    // Neither actors nor keys hold a NUL: no two pairs look alike.
    hash.update([0]);
    hash.update(key);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
