//! What was typed into a run's terminals.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_wire::http::{InputHead, InputPage};

use crate::{
    cursor,
    extract::{Pairs, RunPath},
    find::{self, Found},
    problem::{Answer, Reading},
    reply, shown,
    state::App,
};

/// Lists what was typed into a run's terminals, oldest first
///
/// The records of each attempt are a chain: each names the hash of the one before. `heads` says, for
/// each attempt, how many records it has and where its chain ends, as the recorder counted them when
/// they came; `baton audit verify` compares. What was typed while the terminal did not echo is not
/// kept, only its length and a keyed hash.
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/inputs",
    operation_id = "listInputs",
    tag = "live sessions",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("after" = Option<String>, Query, description = "`nextAfter` of the page before, or a position", max_length = 40, example = "1200.0"),
        ("limit" = Option<u32>, Query, description = "Records a page; 100 if absent", minimum = 1, maximum = 1000, example = 100),
    ),
    responses(
        (status = 200, description = "A page of records", body = InputPage, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn inputs(
    State(app): State<App>,
    RunPath(run): RunPath,
    mut query: Pairs,
) -> Answer<Response> {
    let after = cursor::after(&mut query);
    let limit = query.number("limit", 1, 1000, 100);
    query.finish()?;
    let position = reply::recorded_to(app.history().position());
    // The heads first: a record that comes meanwhile is one too many, never one too few.
    let heads = match find::run(&app, run).await? {
        Found::Recorded(stored) => stored.record.run.session.audit,
        Found::Offered(_) => Vec::new(),
    };
    let page = app.history().inputs(run, after, limit).await?;
    let last = page.inputs.last().map(|input| input.mark).or(after);
    let heads = heads.into_iter().map(|chain| InputHead {
        attempt: chain.attempt.get(),
        count: chain.count,
        hash: chain.head,
    });
    let body = Json(InputPage {
        heads: heads.collect(),
        next_after: last.map(cursor::text),
        has_more: page.has_more,
        inputs: page.inputs.into_iter().map(shown::input).collect(),
    });
    Ok((position, body).into_response())
}
