//! A live session, taken away.

use axum::{extract::State, response::Response};
use baton_domain::RunId;
use baton_wire::{
    ControlCommand, MessageId, Subject,
    http::{EventRecord, SessionAnswer, SessionNote},
};

use super::{revoke_write, seen};
use crate::{
    broker,
    extract::{Asker, Body, Pairs, RunPath},
    find::{self, Found},
    grants,
    hub::Topic,
    note,
    problem::{Answer, Kind, Problem, Wishing},
    say,
    state::App,
};

/// Ends a run's live session; the run goes on
///
/// Nobody may watch any more, and whoever could type cannot. `effective` says whether the worker has
/// torn it down by the time of the answer.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/live-session/revoke",
    operation_id = "revokeLiveSession",
    tag = "live sessions",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    request_body(content = SessionNote, example = json!({"note": "seen enough"})),
    responses(
        (status = 200, description = "The session is over", body = SessionAnswer),
        Wishing,
    ),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    query: Pairs,
    Body(request): Body<SessionNote>,
) -> Answer<Response> {
    query.finish()?;
    let note = note::checked(request.note.as_ref())?;
    check_state(&app, run).await?;
    // Typing ends first, where somebody may; a server without keys has let nobody.
    if app.options().live.keys.is_some() {
        match revoke_write::take(&app, run, &asker.name, note.as_ref()).await {
            Err(problem) if problem.kind() != Kind::Conflict => return Err(problem),
            _ => {}
        }
    }
    let mut place = app.hub().subscribe(Topic::Run(run));
    let wish = ControlCommand::RevokeSession { note };
    let message = say::message(&app, run, asker.name.clone(), wish);
    let (subject, id) = (
        Subject::Control { run },
        MessageId::control(run, message.id),
    );
    let position = broker::publish(app.bus(), &subject, &id, &message).await?;
    say::hand_over(&app, &message).await;
    let is_held = app.beats().holder(run).is_some();
    let patience = app.options().patience.worker;
    let effective = is_held && grants::confirmed(&mut place, patience, is_over).await;
    let seen = seen::after(&app, run, position).await?;
    Ok(seen.answer(effective))
}

fn is_over(record: &EventRecord) -> Option<bool> {
    let over = ["session_revoked", "session_ended", "session_failed"];
    over.contains(&record.kind.as_str()).then_some(true)
}

/// Refuses what would change nothing, as far as history can tell.
async fn check_state(app: &App, run: RunId) -> Answer<()> {
    let stored = match find::run(app, run).await {
        Ok(Found::Recorded(stored)) => stored,
        Ok(Found::Offered(_)) => return Err(seen::none(run)),
        Err(problem) if problem.kind() == Kind::HistoryUnavailable => {
            return find::known(app, run).await;
        }
        Err(problem) => return Err(problem),
    };
    let session = &stored.record.run.session;
    if session.state.is_live() || session.wish.is_some() {
        return Ok(());
    }
    match session.state.opening() {
        None => Err(seen::none(run)),
        Some(_) => Err(Problem::new(
            Kind::Conflict,
            format!(
                "there is nothing to revoke: the live session is {}",
                session.status()
            ),
        )),
    }
}
