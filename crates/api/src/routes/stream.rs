//! What happens, live, as server-sent events.

use std::time::Duration;

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{KeepAlive, Sse},
    },
};
use baton_domain::Position;
use baton_wire::http::EventRecord;

use crate::{
    extract::{LastEventId, Pairs, RunPath},
    find,
    follow::Follow,
    hub::Topic,
    problem::{Answer, Reading, Watching},
    state::App,
};

/// How often a silent stream shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Follows a run's events
///
/// First what was recorded after `Last-Event-ID` (or `after`), then what happens, with no gap and
/// nothing twice. Each server-sent event is `run-event` with an EventRecord; the last one of a
/// message carries `id:`, its position. `event: history` with `{"delayed":false}` and an `id:` says
/// that everything up to there was sent. With `{"delayed":true}` the database cannot be reached:
/// what follows is live only and carries no ids. When history is back the gap is filled, or, if events
/// were shown past it, the stream ends and the client's next connection fills it. A client that reads too slowly is cut off; it resumes
/// the same way. A comment every 15 s shows that the stream lives.
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/events/stream",
    operation_id = "streamTaskRunEvents",
    tag = "events",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("after" = Option<u64>, Query, description = "Only events of later positions; 0 if absent", minimum = 0, example = 0),
        ("Last-Event-ID" = Option<u64>, Header, description = "The last position that the client has; wins over `after`", minimum = 0, example = 41),
    ),
    responses(
        (status = 200, description = "A stream without end", body = EventRecord, content_type = "text/event-stream"),
        Reading,
    ),
)]
pub(crate) async fn of_run(
    State(app): State<App>,
    RunPath(run): RunPath,
    last: LastEventId,
    query: Pairs,
) -> Answer<Response> {
    let after = resume(last, query)?.unwrap_or(Position::START);
    find::known(&app, run).await?;
    Ok(stream(&app, Topic::Run(run), Some(after)))
}

/// Follows the events of all runs
///
/// As for one run; without `Last-Event-ID` or `after` it starts now.
#[utoipa::path(
    get,
    path = "/api/events/stream",
    operation_id = "streamEvents",
    tag = "events",
    params(
        ("after" = Option<u64>, Query, description = "Only events of later positions; those that happen from now on if absent", minimum = 0, example = 0),
        ("Last-Event-ID" = Option<u64>, Header, description = "The last position that the client has; wins over `after`", minimum = 0, example = 41),
    ),
    responses(
        (status = 200, description = "A stream without end", body = EventRecord, content_type = "text/event-stream"),
        Watching,
    ),
)]
pub(crate) async fn of_all(
    State(app): State<App>,
    last: LastEventId,
    query: Pairs,
) -> Answer<Response> {
    let after = resume(last, query)?;
    Ok(stream(&app, Topic::All, after))
}

/// A browser that comes back says so in its header; its URL is still that of the first time.
fn resume(LastEventId(last): LastEventId, mut query: Pairs) -> Answer<Option<Position>> {
    let after = query.position("after");
    query.finish()?;
    Ok(last.or(after))
}

fn stream(app: &App, topic: Topic, after: Option<Position>) -> Response {
    let follow = Follow::begin(app, topic, after);
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Proxies that gather bytes would make a stream of nothing.
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    (headers, Sse::new(follow.events()).keep_alive(alive)).into_response()
}
