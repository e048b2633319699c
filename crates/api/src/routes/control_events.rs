//! What was done to a run, by whom.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_store::ControlFilter;
use baton_wire::http::ControlEventPage;

use crate::{
    cursor,
    extract::{Pairs, RunPath},
    find,
    problem::{Answer, Reading},
    reply, shown,
    state::App,
};

/// Lists what operators and workers did to a run, oldest first
///
/// Every wish of an operator (`cancel`, `redrive`, `release_lease`, `enable_session`,
/// `revoke_session`, `reseal_session`, `pause`, `resume`, `takeover`, `hand_back`, `send_message`,
/// `cancel_message`, `answer_help`, `raise_budget`), every step of a write grant (`write_granted`,
/// `write_renewed`, `write_released`, `write_revoked`), and every control action of a worker or a
/// supervisor (`session_starting`, `session_ready`, `session_links_changed`, `session_ended`,
/// `session_revoked`, `session_failed`, `write_gate`, `write_ended`, `paused`, `resumed`,
/// `agent_frozen`, `agent_thawed`, `cancel_step`, `control_delivered`, `takeover_began`,
/// `takeover_ended`, `message_delivered`, `message_seen`, `message_dropped`, `operator_needed`,
/// `operator_not_needed`, `budget_reached`, `budget_raised`, `lease_released`, `lease_lost`); also
/// what changed nothing, with the reason in `refusal`. Records are never changed or deleted; how far
/// an operator's wish has come (`deliveredAt`, `effectiveAt`), and whether the agent and its model
/// have what it says (`handedOverAt`, `seenAt`), is read from the records that follow.
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/control-events",
    operation_id = "listControlEvents",
    tag = "live sessions",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("after" = Option<String>, Query, description = "`nextAfter` of the page before, with the same filters, or a position", max_length = 40, example = "1200.0"),
        ("limit" = Option<u32>, Query, description = "Records a page; 100 if absent", minimum = 1, maximum = 1000, example = 100),
        ("action" = Option<String>, Query, description = "Only this action", max_length = 100, example = "write_granted"),
        ("actor" = Option<String>, Query, description = "Only by this operator or worker", max_length = 200, example = "ada"),
    ),
    responses(
        (status = 200, description = "A page of records", body = ControlEventPage, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn control_events(
    State(app): State<App>,
    RunPath(run): RunPath,
    mut query: Pairs,
) -> Answer<Response> {
    let after = cursor::after(&mut query);
    let limit = query.number("limit", 1, 1000, 100);
    let filter = ControlFilter {
        action: query.text("action", 100),
        actor: query.text("actor", 200),
    };
    query.finish()?;
    let position = reply::recorded_to(app.history().position());
    find::run(&app, run).await?;
    let page = app
        .history()
        .control_events(run, &filter, after, limit)
        .await?;
    let last = page.events.last().map(|it| it.event.mark).or(after);
    let body = Json(ControlEventPage {
        next_after: last.map(cursor::text),
        has_more: page.has_more,
        events: page.events.into_iter().map(shown::control).collect(),
    });
    Ok((position, body).into_response())
}
