//! Draining a scope.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use baton_domain::DrainedRuns;
use baton_wire::{
    DrainAction,
    http::{DrainInfo, DrainRequest},
};
use chrono::TimeDelta;

use super::{Recorded, Wish, say, scope, shown};
use crate::{
    extract::{Body, By, Pairs},
    note,
    problem::{Answer, Kind, Problem, Wishing},
    reply,
    state::App,
};

/// The longest time after which a drain ends by itself: a year.
const MOST_SECONDS: u32 = 31_536_000;

/// Drains a worker, a pool or the whole fleet
///
/// Workers of the scope take no more runs; those that they hold are finished, or paused until the
/// drain ends (`runs`). It holds until it is
/// taken back, or until it ends by itself; a second drain of the same scope takes the place of the
/// first. It reaches workers at once, and those that are away when they come back.
#[utoipa::path(
    post,
    path = "/api/drains",
    operation_id = "beginDrain",
    tag = "fleet",
    request_body(content = DrainRequest, example = json!({"scope": "pool.gpu", "note": "new driver", "forSeconds": 7200})),
    responses(
        (status = 201, description = "The drain is in force", body = DrainInfo),
        Wishing,
    ),
)]
pub(crate) async fn begin(
    State(app): State<App>,
    By(actor): By,
    query: Pairs,
    Body(request): Body<DrainRequest>,
) -> Answer<Response> {
    query.finish()?;
    let at = app.clock().now();
    let wish = Wish {
        scope: scope(Kind::InvalidBody, &request.scope)?,
        action: DrainAction::Drain,
        note: required(&request.note)?,
        actor,
        until: seconds(request.for_seconds)?.map(|length| at + length),
        runs: runs(request.runs.as_deref())?,
    };
    let (message, recorded) = say(&app, wish, at).await?;
    let drain = message
        .drain()
        .ok_or_else(|| Problem::internal(&"a drain is none"))?;
    let body = Json(shown(&app, drain));
    Ok(match recorded {
        Recorded::Already => (StatusCode::CREATED, body).into_response(),
        Recorded::NotYet => (StatusCode::CREATED, reply::delayed(), body).into_response(),
    })
}

fn required(text: &String) -> Answer<String> {
    note::checked(Some(text))?.ok_or_else(|| {
        let rule = "must say why, for whoever finds idle workers";
        Problem::field(Kind::InvalidBody, "note", rule)
    })
}

fn runs(given: Option<&str>) -> Answer<Option<DrainedRuns>> {
    let parsed = given.map(str::parse).transpose();
    parsed.map_err(|_| Problem::field(Kind::InvalidBody, "runs", "must be 'finish' or 'pause'"))
}

fn seconds(given: Option<u32>) -> Answer<Option<TimeDelta>> {
    match given {
        Some(seconds) if !(1..=MOST_SECONDS).contains(&seconds) => Err(Problem::field(
            Kind::InvalidBody,
            "forSeconds",
            format!("must be a number from 1 to {MOST_SECONDS}"),
        )),
        seconds => Ok(seconds.map(|seconds| TimeDelta::seconds(seconds.into()))),
    }
}
