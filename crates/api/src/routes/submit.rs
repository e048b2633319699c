//! Submission: the request becomes an offer, and the broker's acknowledgement is the commit.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use baton_domain::{Actor, Attempt, Position, RunSpec};
use baton_wire::{MessageId, Offer, OfferReason, Subject, TaskRunRequest, http::TaskRun};

use crate::{
    broker,
    extract::{Body, By, IdempotencyKey, Pairs},
    idempotency::Claim,
    problem::{Answer, Submitting},
    reply, shown,
    state::App,
};

/// Submits a run
///
/// The run exists as soon as the broker has acknowledged it. The answer is 201 when the recorder
/// has kept it within a second, otherwise 202 with what was published.
///
/// With an `Idempotency-Key`, a repeat of the same request by the same actor answers 200 with the
/// first run and `Idempotency-Replayed: true`; another request under the same key answers 409.
#[utoipa::path(
    post,
    path = "/api/task-runs",
    operation_id = "submitTaskRun",
    tag = "runs",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable ASCII characters, unique for the actor", min_length = 1, max_length = 200, example = "nightly-2030-01-31"),
    ),
    request_body(
        content = TaskRunRequest,
        description = "At most 1 MiB",
        examples(
            ("agent" = (summary = "An instruction for the Codex CLI, its result on a branch", value = json!({
                "repository": "https://example.org/team/service.git",
                "task": {
                    "instructions": "Make the flaky test in tests/cart.rs deterministic",
                    "runtime": {"effort": "medium"},
                    "publish": {"mode": "branch"}
                }
            }))),
            ("command" = (summary = "A program", value = json!({
                "type": "command",
                "task": {"argv": ["cargo", "test"]},
                "repository": "https://example.org/team/service.git"
            })))
        )
    ),
    responses(
        (status = 201, description = "The run is recorded", body = TaskRun, headers(
            ("Location" = String, description = "The run's path"),
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        (status = 202, description = "The run exists; the recorder has not seen it yet", body = TaskRun, headers(
            ("Location" = String, description = "The run's path"),
            ("Baton-History-Delayed" = String, description = "`true`"),
        )),
        (status = 200, description = "The run of the first request under this key", body = TaskRun, headers(
            ("Location" = String, description = "The run's path"),
            ("Idempotency-Replayed" = String, description = "`true`"),
        )),
        Submitting,
    ),
)]
pub(crate) async fn submit(
    State(app): State<App>,
    By(actor): By,
    IdempotencyKey(key): IdempotencyKey,
    query: Pairs,
    Body(request): Body<TaskRunRequest>,
) -> Answer<Response> {
    query.finish()?;
    let claim = key.map(|key| Claim::new(&actor, key, &request));
    // The offer says what this server does by default: whoever folds it later knows it from there.
    let request = request.or_live_session(&app.options().live.by_default());
    let spec = RunSpec::try_from(&request)?;
    if let Some(claim) = &claim
        && let Some(first) = claim.recorded(&app).await?
    {
        return Ok(replayed(first));
    }
    let offer = offer(&app, actor, request, claim.as_ref());
    let position = publish(&app, &offer, &spec, claim.as_ref()).await?;
    if let Some(claim) = &claim
        && let Some(first) = claim.published(&app, &offer, position).await?
    {
        return Ok(replayed(first));
    }
    created(&app, offer, &spec, position).await
}

fn offer(app: &App, actor: Actor, request: TaskRunRequest, claim: Option<&Claim>) -> Offer {
    let now = app.clock().now();
    Offer {
        run: app.new_id(now),
        attempt: Attempt::FIRST,
        lease_position: Position::START,
        lost_position: Some(Position::START),
        reason: OfferReason::Submitted,
        at: now,
        submitted_at: now,
        submitted_by: actor,
        idempotency_key: claim.map(|claim| claim.key().to_owned()),
        request_digest: claim.map(|claim| claim.digest().to_owned()),
        seen_messages: Vec::new(),
        spec: request,
    }
}

async fn publish(
    app: &App,
    offer: &Offer,
    spec: &RunSpec,
    claim: Option<&Claim>,
) -> Answer<Position> {
    let route = spec.route();
    // First the queue: an offer that no queue holds would be found by nobody.
    broker::ensure_queue(app.bus(), &route).await?;
    let subject = Subject::Offer {
        run: offer.run,
        route,
        priority: spec.priority,
    };
    let id = claim.map_or_else(
        || MessageId::offer(offer.run, offer.attempt),
        Claim::message_id,
    );
    broker::publish(app.bus(), &subject, &id, offer).await
}

fn replayed(first: TaskRun) -> Response {
    let headers = (reply::location(first.id), reply::replayed());
    (StatusCode::OK, headers.0, headers.1, Json(first)).into_response()
}

/// 201 with the run as recorded; 202 with the run as published while the recorder is behind.
async fn created(app: &App, offer: Offer, spec: &RunSpec, position: Position) -> Answer<Response> {
    let history = app.history();
    let location = reply::location(offer.run);
    let is_recorded = history
        .reached_within(position, app.recorder_patience())
        .await;
    // Before the run is read: whoever follows from there on misses nothing.
    let recorded_to = reply::recorded_to(history.position());
    if is_recorded && let Ok(Some(stored)) = history.run(offer.run).await {
        let run = Json(app.show(stored)?);
        return Ok((StatusCode::CREATED, location, recorded_to, run).into_response());
    }
    let run = Json(shown::offered(offer, spec, position));
    Ok((StatusCode::ACCEPTED, location, reply::delayed(), run).into_response())
}
