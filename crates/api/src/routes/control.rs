//! Wishes of operators.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use baton_domain::{Actor, Role, RunId, StateName};
use baton_wire::{
    ControlCommand, ControlMessage, MessageId, Subject,
    http::{ControlEvent, ControlRequest},
};
use serde_json::json;

use crate::{
    broker,
    extract::{Asker, Body, Pairs, RunPath},
    find::{self, Found},
    identity::Need,
    note,
    problem::{Answer, Kind, Problem, Wishing},
    reply,
    state::{App, RECORDER_PATIENCE},
};

/// Ends a run, tries it again, or takes it away from its worker
///
/// `cancel` ends it: a run that nobody holds has ended when the answer arrives; otherwise its worker
/// ends the agent and says so. `redrive` tries a run again that failed or was dead-lettered; its
/// failures count from 0 again. `release_lease` takes the run away from the worker that holds it, so
/// that the next attempt is offered at once: for a worker that beats but does no good; it needs the
/// role `admin`. The wish is kept when the answer arrives.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/control",
    operation_id = "controlTaskRun",
    tag = "runs",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
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
    Asker(asker): Asker,
    query: Pairs,
    Body(request): Body<ControlRequest>,
) -> Answer<Response> {
    query.finish()?;
    let command = command(&request)?;
    if matches!(command, ControlCommand::ReleaseLease { .. }) {
        asker.require(Need::Role(Role::Admin))?;
    }
    check_state(&app, run, &command).await?;
    let message = message(&app, run, asker.name.clone(), command);
    let subject = Subject::Control { run };
    let id = MessageId::control(run, message.id);
    let position = broker::publish(app.bus(), &subject, &id, &message).await?;
    hand_over(&app, &message).await;
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
    let note = note::checked(request.note.as_ref())?;
    match request.action.as_str() {
        "cancel" => Ok(ControlCommand::Cancel { note }),
        "redrive" => Ok(ControlCommand::Redrive { note }),
        "release_lease" => Ok(ControlCommand::ReleaseLease { note }),
        other => {
            let other: String = other.chars().take(100).collect();
            Err(Problem::field(
                Kind::InvalidBody,
                "action",
                format!("'{other}' is unknown: use 'cancel', 'redrive' or 'release_lease'"),
            ))
        }
    }
}

/// Refuses what would change nothing, as far as history can tell.
async fn check_state(app: &App, run: RunId, command: &ControlCommand) -> Answer<()> {
    let state = match find::run(app, run).await? {
        Found::Recorded(stored) => stored.record.run.state.name(),
        Found::Offered(_) => StateName::Queued,
    };
    let conflict = |detail: String| Err(Problem::new(Kind::Conflict, detail));
    match (command, state) {
        (ControlCommand::Cancel { .. }, state) if state.is_terminal() => {
            conflict(format!("the run has ended: it is {state}"))
        }
        (ControlCommand::Redrive { .. }, StateName::Failed | StateName::DeadLettered)
        | (ControlCommand::ReleaseLease { .. }, StateName::Running | StateName::Paused) => Ok(()),
        (ControlCommand::Redrive { .. }, _) => conflict(format!(
            "the run is {state}: only a run that failed or was dead-lettered can be tried again"
        )),
        (ControlCommand::ReleaseLease { .. }, _) => conflict(format!(
            "the run is {state}: no worker holds it, so there is no lease to take away"
        )),
        _ => Ok(()),
    }
}

/// Hands the wish to whoever holds the run. A holder that misses it hears of it at the desk.
pub(super) async fn hand_over(app: &App, message: &ControlMessage) {
    let Some(holder) = app.beats().holder(message.run) else {
        return;
    };
    if let Err(error) = app.bus().steer(&holder, message).await {
        tracing::debug!(%error, worker = %holder, "failed to hand a command over");
    }
}

pub(super) fn message(
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
