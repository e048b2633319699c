//! A worker brings a file.

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use baton_wire::http::ArtifactInfo;

use crate::{
    artifacts::{Expected, ReceiveError, StoreError},
    extract::{ArtifactPath, Asker},
    find, holder,
    problem::{Answer, Kind, Problem, Storing},
    state::App,
};

/// Stores an artifact of an attempt
///
/// Only the worker that holds the attempt may bring its files. Streamed; a second upload under the same name replaces the first. The artifact is listed once
/// the worker has reported it.
#[utoipa::path(
    put,
    path = "/api/task-runs/{id}/attempts/{attempt}/artifacts/{*name}",
    operation_id = "uploadArtifact",
    tag = "artifacts",
    params(
        ("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("attempt" = u32, Path, description = "The attempt that leaves it", minimum = 1, example = 1),
        ("name" = String, Path, description = "Its path among the attempt's artifacts: relative, without `.`, `..`, empty parts, backslashes and control characters", min_length = 1, max_length = 300, example = "logs/agent.log"),
        ("X-Content-Sha256" = Option<String>, Header, description = "SHA-256 of the content, 64 lower-case hex digits; checked", min_length = 64, max_length = 64),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The content; the size limit is in /api/info"),
    responses(
        (status = 201, description = "It is stored", body = ArtifactInfo),
        Storing,
    ),
)]
pub(crate) async fn upload(
    State(app): State<App>,
    Asker(asker): Asker,
    path: ArtifactPath,
    request: Request,
) -> Answer<Response> {
    let expected = expected(&app, request.headers())?;
    let content_type = content_type(request.headers())?;
    find::attempt(&app, path.run, path.attempt).await?;
    holder::check(&app, &asker, path.run, path.attempt).await?;
    let content = Body::into_data_stream(request.into_body());
    let received = app
        .artifacts()
        .receive(path.run, path.attempt, &path.name, &expected, content)
        .await
        .map_err(refused)?;
    let info = ArtifactInfo {
        name: path.name.to_string(),
        attempt: path.attempt.get(),
        size: received.size,
        sha256: received.sha256,
        content_type,
        stored_at: None,
    };
    Ok((StatusCode::CREATED, Json(info)).into_response())
}

fn expected(app: &App, headers: &HeaderMap) -> Answer<Expected> {
    const DIGEST: &str = "x-content-sha256";
    let max_bytes = app.options().artifact_max_bytes;
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > max_bytes) {
        return Err(refused(ReceiveError::TooLarge(max_bytes)));
    }
    let Some(given) = headers.get(DIGEST) else {
        return Ok(Expected {
            max_bytes,
            sha256: None,
        });
    };
    let sha256 = given.to_str().unwrap_or_default().to_owned();
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if sha256.len() != 64 || !sha256.bytes().all(is_hex) {
        return Err(Problem::field(
            Kind::InvalidHeader,
            "X-Content-Sha256",
            "must be 64 lower-case hex digits",
        ));
    }
    Ok(Expected {
        max_bytes,
        sha256: Some(sha256),
    })
}

fn content_type(headers: &HeaderMap) -> Answer<String> {
    let Some(given) = headers.get(header::CONTENT_TYPE) else {
        return Ok("application/octet-stream".to_owned());
    };
    match given.to_str() {
        Ok(text) if text.len() <= 200 => Ok(text.to_owned()),
        _ => Err(Problem::field(
            Kind::InvalidHeader,
            "Content-Type",
            "must be a media type of at most 200 characters",
        )),
    }
}

fn refused(error: ReceiveError) -> Problem {
    let kind = match &error {
        ReceiveError::TooLarge(_) => Kind::BodyTooLarge,
        ReceiveError::Digest { .. } => Kind::DigestMismatch,
        ReceiveError::BrokeOff | ReceiveError::Silent => Kind::RequestTimeout,
        ReceiveError::Store(StoreError::InTheWay) => Kind::Conflict,
        ReceiveError::Store(_) => Kind::StorageUnavailable,
    };
    Problem::new(kind, error.to_string())
}
