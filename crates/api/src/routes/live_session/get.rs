//! A run's live session.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_domain::{RunId, run::session::Session};
use baton_wire::http::LiveSession;

use crate::{
    extract::{Pairs, RunPath},
    find::{self, Found},
    problem::{Answer, Problem, Reading},
    reply, shown,
    state::App,
};

/// Shows a run's live session
///
/// 404 when there is no such run, and when nobody ever asked for a session of it. One that was
/// wanted is shown for good, also when it is over: `status` says how it stands. Secrets are never
/// part of it.
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/live-session",
    operation_id = "getLiveSession",
    tag = "live sessions",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    responses(
        (status = 200, description = "The session", body = LiveSession, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn get(
    State(app): State<App>,
    RunPath(run): RunPath,
    query: Pairs,
) -> Answer<Response> {
    query.finish()?;
    let position = reply::recorded_to(app.history().position());
    let shown = match find::run(&app, run).await? {
        Found::Recorded(stored) => body(&app, run, &stored.record.run.session),
        // What the offer wants is shown as soon as it is recorded.
        Found::Offered(_) => None,
    };
    let session =
        shown.ok_or_else(|| Problem::not_found("live session of run", &run.to_string()))?;
    Ok((position, Json(session)).into_response())
}

/// The session as everybody may see it; none when nobody ever asked for one.
pub(crate) fn body(app: &App, run: RunId, session: &Session) -> Option<LiveSession> {
    let web_links = app.options().live.web_links;
    shown::live_session(run, session, web_links, app.clock().now())
}
