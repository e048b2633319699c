//! Runs, newest first, by filters.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_domain::{Actor, StateName, spec::Repository};
use baton_store::RunFilter;
use baton_wire::http::TaskRunPage;

use crate::{
    extract::Pairs,
    problem::{Answer, Reading},
    reply,
    state::App,
};

/// Lists runs, newest first
#[utoipa::path(
    get,
    path = "/api/task-runs",
    operation_id = "listTaskRuns",
    tag = "runs",
    params(
        ("state" = Option<String>, Query, description = "One or more states, separated by commas", example = "queued,running"),
        ("session" = Option<String>, Query, description = "Whose live session is `disabled` (there never was one), `starting`, `ready`, `revoked`, `ended` or `error`", example = "ready"),
        ("type" = Option<String>, Query, description = "`codex_exec`, `claude_code` or `command`", example = "codex_exec"),
        ("pool" = Option<String>, Query, description = "The pool whose queue it waited in", max_length = 63, example = "default"),
        ("repository" = Option<String>, Query, description = "The repository, exactly as submitted", max_length = 2000, example = "https://example.org/team/service.git"),
        ("submittedBy" = Option<String>, Query, description = "Who submitted it", max_length = 200, example = "ada"),
        ("q" = Option<String>, Query, description = "Words of the title, whatever their case", max_length = 200, example = "flaky"),
        ("submittedAfter" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Submitted at this instant or later", example = "2030-01-31T00:00:00Z"),
        ("submittedBefore" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Submitted before this instant", example = "2030-02-01T00:00:00Z"),
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
    let states = states(&mut query);
    let filter = filter(&mut query);
    let limit = query.number("limit", 1, 200, 50);
    let before = query.parsed("cursor", "is not a cursor that this server gave");
    query.finish()?;
    let position = app.history().position();
    let page = app.history().list(&filter, &states, before, limit).await?;
    let runs: Result<_, _> = page.runs.into_iter().map(|run| app.show(run)).collect();
    let page = TaskRunPage {
        runs: runs?,
        next_cursor: page.next.map(|last| last.to_string()),
    };
    Ok((reply::recorded_to(position), Json(page)).into_response())
}

fn states(query: &mut Pairs) -> Vec<StateName> {
    let names: Vec<_> = StateName::ALL.iter().map(|state| state.as_str()).collect();
    let rule = format!("must be of {}, separated by commas", names.join(", "));
    let mut states = query.list("state", &rule);
    states.sort_unstable();
    states.dedup();
    states
}

/// Filters as given; what is wrong with them is noted in the query.
fn filter(query: &mut Pairs) -> RunFilter {
    RunFilter {
        state: None,
        session: query.parsed("session", SESSION),
        run_type: query.parsed("type", "must be codex_exec, claude_code or command"),
        pool: query.parsed("pool", "is not a pool's name"),
        repository: query.checked("repository", |text| Repository::parse(&text)),
        submitted_by: query.checked("submittedBy", Actor::try_from),
        title_contains: query.text("q", 200),
        submitted_after: query.parsed("submittedAfter", INSTANT),
        submitted_before: query.parsed("submittedBefore", INSTANT),
    }
}

const SESSION: &str = "must be disabled, starting, ready, revoked, ended or error";
const INSTANT: &str = "must be an RFC 3339 instant, such as 2030-01-31T12:00:00Z";
