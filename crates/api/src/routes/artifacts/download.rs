//! One file that a run left.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    artifacts::{ArtifactName, StoreError},
    extract::{ArtifactPath, Pairs},
    problem::{Answer, Kind, Problem, Reading},
    state::App,
};

/// Fetches an artifact
///
/// Text is shown as `text/plain`; everything else is an attachment.
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/artifacts/{attempt}/{*name}",
    operation_id = "downloadArtifact",
    tag = "artifacts",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("attempt" = u32, Path, description = "The attempt that left it", minimum = 1, example = 1),
        ("name" = String, Path, description = "Its path among the attempt's artifacts; slashes stay as they are", min_length = 1, max_length = 300, example = "patches/changes.patch"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what the client has"),
    ),
    responses(
        (status = 200, description = "The content", body = Vec<u8>, content_type = "application/octet-stream", headers(
            ("ETag" = String, description = "The SHA-256 of the content, quoted"),
            ("Content-Disposition" = String, description = "`inline` for text, otherwise `attachment`"),
        )),
        (status = 304, description = "The client has it"),
        Reading,
    ),
)]
pub(crate) async fn download(
    State(app): State<App>,
    path: ArtifactPath,
    query: Pairs,
    headers: HeaderMap,
) -> Answer<Response> {
    query.finish()?;
    let ArtifactPath { run, attempt, name } = path;
    let recorded = app
        .history()
        .artifact(run, attempt, name.as_str())
        .await?
        .ok_or_else(|| Problem::not_found("artifact of this attempt", name.as_str()))?;
    let etag = format!("\"{}\"", recorded.sha256);
    if has(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let (size, content) = app
        .artifacts()
        .open(run, attempt, &name)
        .await
        .map_err(unreadable)?;
    let (media_type, disposition) = presented(&recorded.content_type, &name);
    let headers = [
        (header::ETAG, etag),
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    Ok((headers, Body::from_stream(content)).into_response())
}

/// Whether the client has what this tag stands for.
pub(crate) fn has(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| HeaderValue::to_str(value).ok())
        .flat_map(|value| value.split(','))
        .any(|given| given.trim().trim_start_matches("W/") == etag)
}

/// What an agent left must never run in the dashboard's name: text is plain, the rest is saved.
fn presented(content_type: &str, name: &ArtifactName) -> (&'static str, String) {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let is_text = essence.starts_with("text/")
        || [
            "application/json",
            "application/x-ndjson",
            "application/jsonl",
        ]
        .contains(&essence);
    let (media_type, way) = if is_text {
        ("text/plain; charset=utf-8", "inline")
    } else {
        ("application/octet-stream", "attachment")
    };
    (media_type, disposition(way, name.file_name()))
}

/// The name twice: plain for old clients, in full by RFC 8187.
fn disposition(way: &str, name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let plain: String = name
        .chars()
        .map(|c| if safe(c) { c } else { '_' })
        .collect();
    let full = name.bytes().fold(String::new(), |text, byte| {
        let c = char::from(byte);
        if safe(c) {
            format!("{text}{c}")
        } else {
            format!("{text}%{byte:02X}")
        }
    });
    format!("{way}; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

fn unreadable(error: StoreError) -> Problem {
    match error {
        StoreError::Missing => Problem::new(
            Kind::NotFound,
            "the artifact is recorded, but its content is no longer in the store",
        ),
        error => Problem::new(Kind::StorageUnavailable, error.to_string()),
    }
}
