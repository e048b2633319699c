//! Tickets for one terminal connection each.

use axum::{Json, extract::State};
use baton_store::accounts::{self, Ticket};
use baton_wire::http::TerminalTicket;
use chrono::TimeDelta;

use crate::{
    extract::{Asker, Pairs, RunPath},
    find,
    problem::{Answer, Reading},
    routes::tokens::unavailable,
    state::App,
};

/// Long enough to connect, too short to be found in a log.
const LASTS: TimeDelta = TimeDelta::seconds(30);

/// Writes a ticket for a terminal connection
///
/// For browsers that hold no cookie: they cannot show a token when they open a WebSocket. The ticket
/// opens one connection to the terminals of this run, for whoever asks, within 30 seconds. It is
/// good once.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/live-session/ticket",
    operation_id = "createTerminalTicket",
    tag = "live sessions",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
    ),
    responses(
        (status = 200, description = "The ticket", body = TerminalTicket),
        Reading,
    ),
)]
pub(crate) async fn ticket(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    query: Pairs,
) -> Answer<Json<TerminalTicket>> {
    query.finish()?;
    find::known(&app, run).await?;
    let at = app.clock().now();
    let ticket = Ticket {
        id: app.new_id(at).as_uuid(),
        run,
        token: asker.token(),
        sign_in: asker.sign_in(),
        at,
        expires_at: at + LASTS,
    };
    let store = app.accounts().store();
    let text = accounts::write_ticket(store, ticket).await;
    Ok(Json(TerminalTicket {
        ticket: text.map_err(unavailable)?.reveal().to_owned(),
        expires_at: ticket.expires_at,
    }))
}
