//! A live session, wished for.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use baton_domain::{Provider, RunId};
use baton_wire::{
    ControlCommand, MessageId, Subject,
    http::{LiveSession, SessionRequest},
};

use super::{get, seen};
use crate::{
    broker,
    extract::{Asker, Body, Pairs, RunPath},
    find::{self, Found},
    note,
    problem::{Answer, Kind, Problem, Wishing},
    reply, say,
    state::App,
};

/// The longest session, in minutes.
const MAX_MINUTES: u32 = 1440;

/// Lets people watch a run's terminals
///
/// A run that has a live session, or is to have one, keeps it: asking again answers 200 with the
/// session as it is. Otherwise one begins, 202: its worker sets it up, and `status` goes from
/// `starting` to `ready`, or to `error`, with the reason; the run goes on either way. After a
/// session that is over, another one begins.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/live-session",
    operation_id = "enableLiveSession",
    tag = "live sessions",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    request_body(content = SessionRequest, example = json!({"provider": "web", "ttlMinutes": 60})),
    responses(
        (status = 200, description = "The run has this session", body = LiveSession),
        (status = 202, description = "The session begins", body = LiveSession),
        Wishing,
    ),
)]
pub(crate) async fn enable(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    query: Pairs,
    Body(request): Body<SessionRequest>,
) -> Answer<Response> {
    query.finish()?;
    let wish = command(&app, &request)?;
    if let Some(session) = present(&app, run, request.provider.as_ref()).await? {
        return Ok(Json(session).into_response());
    }
    let message = say::message(&app, run, asker.name.clone(), wish);
    let (subject, id) = (
        Subject::Control { run },
        MessageId::control(run, message.id),
    );
    let position = broker::publish(app.bus(), &subject, &id, &message).await?;
    say::hand_over(&app, &message).await;
    let seen = seen::after(&app, run, position).await?;
    let body = (StatusCode::ACCEPTED, Json(seen.session));
    Ok(if seen.is_recorded {
        body.into_response()
    } else {
        (reply::delayed(), body).into_response()
    })
}

fn command(app: &App, request: &SessionRequest) -> Answer<ControlCommand> {
    let live = &app.options().live;
    let provider = match &request.provider {
        Some(name) => name.parse().map_err(|_| {
            let rule = "must be 'web' or 'tmate'";
            Problem::field(Kind::InvalidBody, "provider", rule)
        })?,
        None => live.by_default.unwrap_or(Provider::Web),
    };
    let ttl = match request.ttl_minutes {
        None => live.session_ttl,
        Some(minutes @ 1..=MAX_MINUTES) => Duration::from_secs(u64::from(minutes) * 60),
        Some(_) => {
            let rule = format!("must be 1 to {MAX_MINUTES}");
            return Err(Problem::field(Kind::InvalidBody, "ttlMinutes", rule));
        }
    };
    Ok(ControlCommand::EnableSession {
        provider,
        ttl_seconds: Some(ttl.as_secs()),
        note: note::checked(request.note.as_ref())?,
    })
}

/// The session that the run has or is to have; none when another one can begin.
async fn present(app: &App, run: RunId, provider: Option<&String>) -> Answer<Option<LiveSession>> {
    let Found::Recorded(stored) = find::run(app, run).await? else {
        return Ok(None);
    };
    let found = &stored.record.run;
    let state = found.state.name();
    if state.is_terminal() {
        let detail = format!("there is nothing to watch: the run is {state}");
        return Err(Problem::new(Kind::Conflict, detail));
    }
    if !found.session.state.is_live() {
        return Ok(None);
    }
    let session = get::body(app, run, &found.session);
    let other = session
        .as_ref()
        .filter(|session| provider.is_some_and(|wanted| *wanted != session.provider));
    if let Some(session) = other {
        let detail = format!(
            "the run has a live session by '{}': revoke it before you ask for another",
            session.provider
        );
        return Err(Problem::new(Kind::Conflict, detail));
    }
    Ok(session)
}
