//! Wishes of operators.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use baton_domain::{Actor, RunId, StateName};
use baton_wire::{
    ControlCommand, ControlMessage, MessageId, Subject,
    http::{ControlEvent, ControlRequest},
};
use serde_json::json;

use crate::{
    broker,
    extract::{Body, By, Pairs, RunPath},
    find::{self, Found},
    problem::{Answer, Kind, Problem, Wishing},
    reply,
    state::{App, RECORDER_PATIENCE},
};

/// Asks for a run to be ended
///
/// The wish is kept when the answer arrives. A run that nobody holds has ended then; otherwise its
/// worker ends the agent and says so.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/control",
    operation_id = "controlTaskRun",
    tag = "runs",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("Baton-Actor" = Option<String>, Header, description = "Who asks: 1 to 200 printable characters; `anonymous` if absent", min_length = 1, max_length = 200, example = "ada"),
    ),
    request_body(content = ControlRequest, example = json!({"action": "cancel", "note": "superseded"})),
    responses(
        (status = 202, description = "The wish is kept", body = ControlEvent),
        Wishing,
    ),
)]
pub(crate) async fn control(
    State(app): State<App>,
    RunPath(run): RunPath,
    By(actor): By,
    query: Pairs,
    Body(request): Body<ControlRequest>,
) -> Answer<Response> {
    query.finish()?;
    let command = command(&request)?;
    check_not_ended(&app, run).await?;
    let message = message(&app, run, actor, command);
    let subject = Subject::Control { run };
    let id = MessageId::control(run, message.id);
    let position = broker::publish(app.bus(), &subject, &id, &message).await?;
    let recorded = app
        .history()
        .reached_within(position, RECORDER_PATIENCE)
        .await;
    let body = Json(taken_down(message, request));
    Ok(if recorded {
        (StatusCode::ACCEPTED, body).into_response()
    } else {
        (StatusCode::ACCEPTED, reply::delayed(), body).into_response()
    })
}

fn command(request: &ControlRequest) -> Answer<ControlCommand> {
    if request.action != "cancel" {
        let action: String = request.action.chars().take(100).collect();
        return Err(Problem::field(
            Kind::InvalidBody,
            "action",
            format!("'{action}' is unknown: use 'cancel'"),
        ));
    }
    let note = request.note.clone().filter(|note| !note.trim().is_empty());
    if note
        .as_ref()
        .is_some_and(|note| note.chars().count() > 2000 || note.contains('\0'))
    {
        return Err(Problem::field(
            Kind::InvalidBody,
            "note",
            "must have at most 2,000 characters and no NUL",
        ));
    }
    Ok(ControlCommand::Cancel { note })
}

async fn check_not_ended(app: &App, run: RunId) -> Answer<()> {
    let state = match find::run(app, run).await? {
        Found::Recorded(stored) => stored.record.run.state.name(),
        Found::Offered(_) => StateName::Queued,
    };
    if state.is_terminal() {
        return Err(Problem::new(
            Kind::Conflict,
            format!("the run has ended: it is {state}"),
        ));
    }
    Ok(())
}

fn message(app: &App, run: RunId, actor: Actor, command: ControlCommand) -> ControlMessage {
    let at = app.clock().now();
    ControlMessage {
        run,
        id: app.new_id(at).as_uuid(),
        actor,
        at,
        command,
    }
}

fn taken_down(message: ControlMessage, request: ControlRequest) -> ControlEvent {
    ControlEvent {
        id: message.id,
        task_run_id: message.run,
        actor: message.actor,
        action: request.action,
        metadata: request
            .note
            .map_or_else(|| json!({}), |note| json!({"note": note})),
        created_at: message.at,
    }
}
