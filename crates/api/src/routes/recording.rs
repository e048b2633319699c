//! What a run's terminal showed, from beginning to end.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use baton_domain::{Attempt, RunId, TerminalName, WorkerId};
use baton_store::StoredControlEvent;

use crate::{
    artifacts::{ArtifactName, StoreError},
    extract::{Pairs, RunPath},
    find,
    problem::{Answer, Kind, Problem, Reading},
    state::App,
    terminal::recording::{Mark, Source, of_kept},
};

/// The media type of asciicasts.
const MEDIA_TYPE: &str = "application/x-asciicast";

/// The most marks in a recording that is made here.
const MOST_MARKS: u32 = 2_000;

/// Fetches a recording
///
/// An asciicast (version 3) of a terminal, with a marker for each pause, grant and other deed. It is
/// the one that the attempt left as the artifact `recording/<terminal>.cast`, with an ETag; before that,
/// and where a worker died, it is made of what the broker keeps: up to now, and for a day.
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/recording",
    operation_id = "getRecording",
    tag = "live sessions",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("terminal" = Option<String>, Query, description = "`agent` (the default) or `shell`", example = "agent"),
        ("attempt" = Option<u32>, Query, description = "The attempt; the last one if absent", minimum = 1, example = 1),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what the client has"),
    ),
    responses(
        (status = 200, description = "The recording", body = String, content_type = "application/x-asciicast", headers(
            ("ETag" = String, description = "The SHA-256 of the content, quoted; absent while more may follow"),
        )),
        (status = 304, description = "The client has it"),
        Reading,
    ),
)]
pub(crate) async fn recording(
    State(app): State<App>,
    RunPath(run): RunPath,
    mut query: Pairs,
    headers: HeaderMap,
) -> Answer<Response> {
    let terminal = query.parsed("terminal", "must be 'agent' or 'shell'");
    let wanted = query.parsed("attempt", "must be a number from 1");
    query.finish()?;
    let terminal = terminal.unwrap_or(TerminalName::Agent);
    find::known(&app, run).await?;
    let (attempt, worker) = holder(&app, run, wanted).await?;
    match left(&app, run, attempt, terminal, &headers).await? {
        Some(answer) => Ok(answer),
        None => kept(&app, run, terminal, Source { attempt, worker }).await,
    }
}

/// Who had the attempt, or the last one.
async fn holder(app: &App, run: RunId, wanted: Option<u64>) -> Answer<(Attempt, WorkerId)> {
    let mut holders = app.history().holders(run).await?;
    holders.retain(|(attempt, _)| wanted.is_none_or(|n| u64::from(attempt.get()) == n));
    holders.pop().ok_or_else(|| {
        let detail = match wanted {
            None => "there is no recording: no worker has taken the run yet".to_owned(),
            Some(n) => format!("there is no recording: no worker has taken attempt {n}"),
        };
        Problem::new(Kind::NotFound, detail)
    })
}

/// The recording that the attempt left.
async fn left(
    app: &App,
    run: RunId,
    attempt: Attempt,
    terminal: TerminalName,
    headers: &HeaderMap,
) -> Answer<Option<Response>> {
    let name = format!("recording/{terminal}.cast");
    let Some(recorded) = app.history().artifact(run, attempt, &name).await? else {
        return Ok(None);
    };
    let etag = format!("\"{}\"", recorded.sha256);
    if super::artifacts::has(headers, &etag) {
        return Ok(Some(
            (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response(),
        ));
    }
    let name = ArtifactName::parse(&name).map_err(|error| Problem::internal(&error))?;
    match app.artifacts().open(run, attempt, &name).await {
        Ok((size, content)) => {
            let headers = [
                (header::ETAG, etag),
                (header::CONTENT_LENGTH, size.to_string()),
                (header::CACHE_CONTROL, "private, no-cache".to_owned()),
                (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
            ];
            Ok(Some((headers, Body::from_stream(content)).into_response()))
        }
        Err(StoreError::Missing) => Ok(None),
        Err(error) => Err(Problem::new(Kind::StorageUnavailable, error.to_string())),
    }
}

/// A recording of what the broker keeps.
async fn kept(app: &App, run: RunId, terminal: TerminalName, source: Source) -> Answer<Response> {
    let attempt = source.attempt;
    let deeds = app.history().deeds(run, MOST_MARKS).await?;
    let marks = deeds.into_iter().filter(|deed| of_attempt(deed, attempt));
    let marks = marks.filter_map(mark).collect();
    let title = format!("{terminal} of {run}, attempt {attempt}");
    let kept = app.bus().recording(run, terminal);
    let cast = of_kept(kept, source, title, marks).await.map_err(|error| {
        tracing::warn!(%error, %run, "failed to read what is kept of a terminal");
        Problem::new(
            Kind::BrokerUnavailable,
            "the recording is not stored yet, and the broker that keeps it cannot be reached: try \
             again in a moment",
        )
    })?;
    let Some(cast) = cast else {
        return Err(Problem::new(
            Kind::NotFound,
            format!(
                "there is no recording of the terminal '{terminal}' of attempt {attempt}: it left none, \
                 and the broker keeps nothing of it. It showed nothing, recording is switched off at \
                 its worker, or it is older than a day or than the broker's last restart"
            ),
        ));
    };
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(cast)).into_response())
}

fn of_attempt(deed: &StoredControlEvent, attempt: Attempt) -> bool {
    deed.attempt.is_none_or(|of| of == attempt)
}

/// A deed as a mark; none for what nobody did.
fn mark(deed: StoredControlEvent) -> Option<Mark> {
    if deed.action == "session_heartbeat" {
        return None;
    }
    Some(Mark {
        at: deed.at,
        label: format!("{} by {}", deed.action, deed.actor),
    })
}
