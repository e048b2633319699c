//! A session as an answer shows it: as recorded, with what was said a moment ago.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use baton_domain::{Position, RunId, run::session::Session};
use baton_wire::http::{LiveSession, SessionAnswer, SessionWriter};

use super::get;
use crate::{
    find::{self, Found},
    grants::Said,
    problem::{Answer, Kind, Problem},
    reply,
    state::App,
};

/// A session, and whether history knew it up to the position.
pub(super) struct Seen {
    pub(super) session: LiveSession,
    pub(super) is_recorded: bool,
}

/// The session of a run once a position is recorded, or as it is known by then.
pub(super) async fn after(app: &App, run: RunId, position: Position) -> Answer<Seen> {
    let history = app.history();
    let is_recorded = history
        .reached_within(position, app.recorder_patience())
        .await;
    let found = match find::run(app, run).await {
        Ok(Found::Recorded(stored)) => get::body(app, run, &stored.record.run.session),
        Ok(Found::Offered(_)) => None,
        // What was said counts, whatever history can tell of it.
        Err(problem) if problem.kind() == Kind::HistoryUnavailable => None,
        Err(problem) => return Err(problem),
    };
    Ok(Seen {
        is_recorded: is_recorded && found.is_some(),
        session: found.unwrap_or_else(|| unseen(run)),
    })
}

/// The session after a step of its grants.
pub(super) async fn after_step(app: &App, said: &Said) -> Answer<Seen> {
    let message = &said.message;
    let mut seen = after(app, message.run, said.position).await?;
    let until = said.until();
    let writer = message.writer.as_ref().zip(until);
    seen.session.rw_granted_until = until;
    seen.session.writer = writer.map(|(writer, until)| SessionWriter {
        grant_id: writer.grant.as_uuid(),
        holder: writer.holder.to_string(),
        channel: writer.channel.to_string(),
        terminals: writer.terminals.iter().map(ToString::to_string).collect(),
        reason: writer.reason.clone(),
        fence: message.fence.get(),
        until,
    });
    Ok(seen)
}

impl Seen {
    /// The answer about a wish.
    pub(super) fn answer(self, effective: bool) -> Response {
        let body = SessionAnswer {
            session: self.session,
            effective,
        };
        if self.is_recorded {
            Json(body).into_response()
        } else {
            (reply::delayed(), Json(body)).into_response()
        }
    }
}

/// There is no session of this run.
pub(super) fn none(run: RunId) -> Problem {
    Problem::not_found("live session of run", &run.to_string())
}

/// What is known of a session while nothing is recorded of it.
fn unseen(run: RunId) -> LiveSession {
    LiveSession {
        id: Session::id_of(run),
        task_run_id: run,
        generation: 0,
        provider: "web".to_owned(),
        status: "ready".to_owned(),
        health: None,
        health_reason: None,
        attach_ro: None,
        web_ro: None,
        worker_id: None,
        worker_hostname: None,
        requested_at: None,
        starting_at: None,
        ready_at: None,
        ended_at: None,
        expires_at: None,
        rw_granted_until: None,
        writer: None,
        last_heartbeat_at: None,
        end_code: None,
        error_message: None,
    }
}
