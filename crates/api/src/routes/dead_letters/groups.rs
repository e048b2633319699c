//! Dead letters by cause.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_wire::http::{DeadLetterGroup, DeadLetterPage};

use crate::{
    extract::Pairs,
    problem::{Answer, Reading},
    reply,
    state::App,
};

/// Lists dead letters by cause, the most frequent first
///
/// Runs that failed as often as they may, in groups that failed alike: by the kind of failure and its
/// message without folders, numbers and ids.
#[utoipa::path(
    get,
    path = "/api/dead-letters",
    operation_id = "listDeadLetters",
    tag = "runs",
    params(
        ("code" = Option<String>, Query, description = "Of this kind of failure", example = "agent_failed"),
        ("cause" = Option<String>, Query, description = "Of this cause, as a group names it", max_length = 300),
        ("pool" = Option<String>, Query, description = "Of this pool", max_length = 63, example = "default"),
        ("limit" = Option<u32>, Query, description = "Groups a page; 50 if absent", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before, with the same filters", max_length = 200),
    ),
    responses(
        (status = 200, description = "A page of groups", body = DeadLetterPage, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn groups(State(app): State<App>, mut query: Pairs) -> Answer<Response> {
    let filter = super::filter(&mut query);
    let limit = query.number("limit", 1, 200, 50);
    let skip: Option<u32> = query.parsed("cursor", "is not a cursor that this server gave");
    query.finish()?;
    let skip = skip.unwrap_or(0);
    let position = app.history().position();
    // One more than asked for tells whether others follow.
    let mut found = app
        .history()
        .dead_letter_groups(&filter, skip, limit + 1)
        .await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let page = DeadLetterPage {
        groups: found.into_iter().map(shown).collect(),
        next_cursor: more.then(|| skip.saturating_add(limit).to_string()),
    };
    Ok((reply::recorded_to(position), Json(page)).into_response())
}

fn shown(group: baton_store::dead_letters::DeadLetterGroup) -> DeadLetterGroup {
    DeadLetterGroup {
        code: group.code.to_string(),
        cause: group.cause,
        count: group.count,
        oldest: group.oldest,
        newest: group.newest,
        message: group.message,
        samples: group.samples,
    }
}
