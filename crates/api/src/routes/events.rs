//! What happened to a run, page by page.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_domain::Position;
use baton_wire::http::EventPage;

use crate::{
    extract::{Pairs, RunPath},
    find::{self, Found},
    hub::Topic,
    problem::{Answer, Reading},
    reply,
    state::App,
};

/// Lists a run's events, oldest first
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/events",
    operation_id = "listTaskRunEvents",
    tag = "events",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("after" = Option<u64>, Query, description = "Only events of later positions; 0 if absent", minimum = 0, example = 0),
        ("limit" = Option<u32>, Query, description = "Events a page, about: a message's events stay together; 200 if absent", minimum = 1, maximum = 1000, example = 200),
    ),
    responses(
        (status = 200, description = "A page of events", body = EventPage, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn events(
    State(app): State<App>,
    RunPath(run): RunPath,
    mut query: Pairs,
) -> Answer<Response> {
    let after = query.position("after").unwrap_or(Position::START);
    let limit = query.number("limit", 1, 1000, 200);
    query.finish()?;
    let position = reply::recorded_to(app.history().position());
    let found = find::run(&app, run).await?;
    let page = app.history().events(Topic::Run(run), after, limit).await?;
    let body = Json(EventPage {
        next_after: page.through.max(after).get(),
        events: page.records,
        has_more: page.has_more,
    });
    Ok(match found {
        Found::Recorded(_) => (position, body).into_response(),
        Found::Offered(_) => (position, reply::delayed(), body).into_response(),
    })
}
