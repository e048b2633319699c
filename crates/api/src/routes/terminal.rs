//! A run's terminal, live.

use axum::{
    extract::{
        State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::Response,
};
use baton_domain::TerminalName;
use baton_wire::terminal::SUBPROTOCOL;

use crate::{
    extract::{Asker, Pairs, RunPath},
    problem::{Answer, Joining, Kind, Problem},
    state::App,
    terminal::{self, Opening, RunNow},
};

/// The largest message of a viewer, in bytes: more than any frame that makes sense.
const MAX_MESSAGE: usize = 16 << 10;

/// What is read of a viewer at once, in bytes: most of what it says is short, and the whole buffer
/// is emptied each time.
const READ_BUFFER: usize = 4 << 10;

/// Watches a run's terminal, and types into it
///
/// A WebSocket of the subprotocol `baton.term.v1`, whose binary messages are one frame each; see
/// docs/terminal.md. The first frame of a viewer is Subscribe. It can be joined while the
/// session is `ready`, and, for the last screen, after it has `ended`. Whoever wants to type shows the
/// grant and its key in Subscribe. Codes from 4400 to 4499 end a connection for good. A browser shows
/// its cookie, from this server's own page; others a token, or a ticket of
/// `POST /api/task-runs/{id}/live-session/ticket`.
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/live-session/terminal",
    operation_id = "joinTerminal",
    tag = "live sessions",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("terminal" = Option<String>, Query, description = "`agent` (the default) or `shell`", example = "agent"),
        ("ticket" = Option<String>, Query, description = "A ticket, instead of a token"),
    ),
    responses(
        (status = 101, description = "The connection is a WebSocket from now on"),
        Joining,
    ),
)]
pub(crate) async fn terminal(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    mut query: Pairs,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let terminal = query.parsed("terminal", "must be 'agent' or 'shell'");
    // The guard has read it.
    let _ = query.text("ticket", 200);
    query.finish()?;
    let socket = upgrade(socket)?;
    let now = match RunNow::find(&app, run).await {
        Ok(now) => now,
        // Whoever watches already is not asked again, and whoever joins them need not be.
        Err(problem) => app.terminals().known(run).ok_or(problem)?,
    };
    if let Some(why) = now.closed() {
        return Err(Problem::new(Kind::Conflict, why));
    }
    let limits = app.options().live.viewers;
    let counted = app.terminals().count(run, &asker.name, limits);
    let counted = counted.map_err(|full| {
        let detail = full.explain(limits, &asker.name);
        Problem::new(Kind::TooManyConnections, detail)
    })?;
    let pass = app.accounts().hold(&asker)?;
    let opening = Opening {
        pass,
        counted,
        run,
        terminal: terminal.unwrap_or(TerminalName::Agent),
        now,
        app,
    };
    Ok(socket.on_upgrade(|socket| terminal::serve(socket, opening)))
}

/// The WebSocket that is asked for, if it is one of ours.
fn upgrade(
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<WebSocketUpgrade> {
    let refused = |header: &str, why: String| Problem::field(Kind::InvalidHeader, header, why);
    let socket = socket.map_err(|error| {
        let why = format!("asks for no WebSocket, which this is: {error}");
        refused("Upgrade", why)
    })?;
    let socket = socket
        .protocols([SUBPROTOCOL])
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(READ_BUFFER);
    if socket.selected_protocol().is_none() {
        let why = format!("does not offer '{SUBPROTOCOL}', which is all that is spoken here");
        return Err(refused("Sec-WebSocket-Protocol", why));
    }
    Ok(socket)
}
