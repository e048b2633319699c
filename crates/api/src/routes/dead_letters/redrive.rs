//! Trying many runs again.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use baton_domain::{Actor, FailureCode, Pool, Position, RunId, StateName};
use baton_store::{
    StoredRun,
    dead_letters::{DeadLetterFilter, Order},
};
use baton_wire::{
    ControlCommand, ControlMessage, FieldError, MessageId, Subject,
    http::{RedriveAnswer, RedriveRefusal, RedriveRequest},
};

use super::{CODE, POOL};
use crate::{
    broker,
    extract::{Body, By, Pairs},
    note,
    problem::{Answer, Kind, Problem, Wishing},
    reply,
    state::App,
};

/// The most runs that one request tries again.
const MOST: u32 = 1000;
/// The same when the request does not say.
const USUAL: u32 = 100;

/// Tries many dead letters again
///
/// Either the runs named by `ids`, or those that fit `code`, `cause` and `pool`, the oldest first. Each
/// begins anew with its failures forgotten. `dryRun` only says which runs it would be.
#[utoipa::path(
    post,
    path = "/api/dead-letters/redrive",
    operation_id = "redriveDeadLetters",
    tag = "runs",
    request_body(content = RedriveRequest, example = json!({"code": "agent_failed", "pool": "default", "limit": 100, "note": "the model is back"})),
    responses(
        (status = 200, description = "With `dryRun`: what would be done", body = RedriveAnswer),
        (status = 202, description = "The wishes are kept", body = RedriveAnswer),
        Wishing,
    ),
)]
pub(crate) async fn redrive(
    State(app): State<App>,
    By(actor): By,
    query: Pairs,
    Body(request): Body<RedriveRequest>,
) -> Answer<Response> {
    query.finish()?;
    let note = note::checked(request.note.as_ref())?;
    let wanted = wanted(&request)?;
    let (runs, refused, remaining) = match &wanted {
        Wanted::Runs(ids) => {
            let (runs, refused) = named(&app, ids).await?;
            (runs, refused, 0)
        }
        Wanted::Fitting(filter, limit) => {
            let (runs, remaining) = fitting(&app, filter, *limit).await?;
            (runs, Vec::new(), remaining)
        }
    };
    let answer = RedriveAnswer {
        dry_run: request.dry_run,
        redriven: runs,
        refused,
        remaining,
    };
    if answer.dry_run {
        return Ok((StatusCode::OK, Json(answer)).into_response());
    }
    let last = wish(&app, &answer.redriven, &actor, note.as_ref()).await?;
    let history = app.history();
    let body = Json(answer);
    Ok(
        if history.reached_within(last, app.recorder_patience()).await {
            (StatusCode::ACCEPTED, body).into_response()
        } else {
            (StatusCode::ACCEPTED, reply::delayed(), body).into_response()
        },
    )
}

/// Which runs are wanted.
enum Wanted {
    Runs(Vec<String>),
    Fitting(DeadLetterFilter, u32),
}

fn wanted(request: &RedriveRequest) -> Answer<Wanted> {
    let mut errors = Vec::new();
    let mut note = |field: &str, message: String| {
        let field = field.to_owned();
        errors.push(FieldError { field, message });
    };
    let code: Option<Option<FailureCode>> = request.code.as_ref().map(|code| code.parse().ok());
    if code == Some(None) {
        note("code", CODE.to_owned());
    }
    let pool: Option<Option<Pool>> = request.pool.as_ref().map(|pool| pool.parse().ok());
    if pool == Some(None) {
        note("pool", POOL.to_owned());
    }
    let limit = request.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        note("limit", format!("must be a number from 1 to {MOST}"));
    }
    let filter = DeadLetterFilter {
        code: code.flatten(),
        cause: request.cause.clone(),
        pool: pool.flatten(),
    };
    let by_filter = request.code.is_some() || request.cause.is_some() || request.pool.is_some();
    match (request.ids.is_empty(), by_filter) {
        (true, false) => note(
            "ids",
            "give the runs' ids, or code, cause or pool".to_owned(),
        ),
        (false, true) => note("ids", "give either ids, or code, cause and pool".to_owned()),
        _ => {}
    }
    if request.ids.len() > usize::try_from(MOST).unwrap_or(usize::MAX) {
        note("ids", format!("must be at most {MOST}"));
    }
    if !errors.is_empty() {
        return Err(Problem::with_fields(Kind::InvalidBody, errors));
    }
    Ok(if by_filter {
        Wanted::Fitting(filter, limit)
    } else {
        Wanted::Runs(request.ids.clone())
    })
}

/// Those of the runs that can be tried again, and why the others cannot.
async fn named(app: &App, ids: &[String]) -> Answer<(Vec<RunId>, Vec<RedriveRefusal>)> {
    let (mut runs, mut refused) = (Vec::new(), Vec::new());
    for id in ids {
        let stored = match id.parse() {
            Ok(run) => app.history().run(run).await?,
            Err(_) => None,
        };
        match stored.as_ref().map(|stored| (stored.id(), state(stored))) {
            Some((run, StateName::Failed | StateName::DeadLettered)) => {
                if !runs.contains(&run) {
                    runs.push(run);
                }
            }
            Some((_, state)) => refused.push(refusal(id, format!("the run is {state}"))),
            None => refused.push(refusal(id, "there is no such run".to_owned())),
        }
    }
    Ok((runs, refused))
}

fn state(stored: &StoredRun) -> StateName {
    stored.record.run.state.name()
}

fn refusal(id: &str, detail: String) -> RedriveRefusal {
    let id = id.chars().take(100).collect();
    RedriveRefusal { id, detail }
}

/// The oldest dead letters that fit, and how many fit besides.
async fn fitting(app: &App, filter: &DeadLetterFilter, limit: u32) -> Answer<(Vec<RunId>, u64)> {
    let history = app.history();
    let count = history.dead_letter_count(filter).await?;
    let page = history
        .dead_letters(filter, Order::OldestFirst, None, limit)
        .await?;
    let runs: Vec<RunId> = page.runs.iter().map(StoredRun::id).collect();
    let remaining = count.saturating_sub(runs.len() as u64);
    Ok((runs, remaining))
}

/// Says the wish for each run; the position of the last.
async fn wish(app: &App, runs: &[RunId], actor: &Actor, note: Option<&String>) -> Answer<Position> {
    let mut last = Position::START;
    for run in runs {
        let at = app.clock().now();
        let message = ControlMessage {
            run: *run,
            id: app.new_id(at).as_uuid(),
            actor: actor.clone(),
            at,
            command: ControlCommand::Redrive {
                note: note.cloned(),
            },
        };
        let id = MessageId::control(*run, message.id);
        let subject = Subject::Control { run: *run };
        last = broker::publish(app.bus(), &subject, &id, &message).await?;
    }
    Ok(last)
}
