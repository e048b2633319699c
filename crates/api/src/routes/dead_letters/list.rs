//! Dead letters, one by one.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_store::dead_letters::Order;
use baton_wire::http::TaskRunPage;

use crate::{
    extract::Pairs,
    problem::{Answer, Reading},
    reply,
    state::App,
};

/// Lists the runs among the dead letters, the last ones first
#[utoipa::path(
    get,
    path = "/api/dead-letters/runs",
    operation_id = "listDeadLetterRuns",
    tag = "runs",
    params(
        ("code" = Option<String>, Query, description = "Of this kind of failure", example = "agent_failed"),
        ("cause" = Option<String>, Query, description = "Of this cause, as a group names it", max_length = 300),
        ("pool" = Option<String>, Query, description = "Of this pool", max_length = 63, example = "default"),
        ("limit" = Option<u32>, Query, description = "Runs a page; 50 if absent", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before, with the same filters", max_length = 200),
    ),
    responses(
        (status = 200, description = "A page of runs", body = TaskRunPage, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn list(State(app): State<App>, mut query: Pairs) -> Answer<Response> {
    let filter = super::filter(&mut query);
    let limit = query.number("limit", 1, 200, 50);
    let after = query.parsed("cursor", "is not a cursor that this server gave");
    query.finish()?;
    let position = app.history().position();
    let history = app.history();
    let page = history
        .dead_letters(&filter, Order::NewestFirst, after, limit)
        .await?;
    let runs: Result<_, _> = page.runs.into_iter().map(|run| app.show(run)).collect();
    let page = TaskRunPage {
        runs: runs?,
        next_cursor: page.next.map(|last| last.to_string()),
    };
    Ok((reply::recorded_to(position), Json(page)).into_response())
}
