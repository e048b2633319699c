//! Headers of answers.

use axum::http::{HeaderName, HeaderValue, header};
use baton_domain::{Position, RunId};

type Header = [(HeaderName, HeaderValue); 1];

/// History does not tell of it yet.
pub(crate) fn delayed() -> Header {
    let name = HeaderName::from_static("baton-history-delayed");
    [(name, HeaderValue::from_static("true"))]
}

/// The answer is that of the first request under the key.
pub(crate) fn replayed() -> Header {
    let name = HeaderName::from_static("idempotency-replayed");
    [(name, HeaderValue::from_static("true"))]
}

/// How far history is recorded.
pub(crate) fn recorded_to(position: Position) -> Header {
    let name = HeaderName::from_static("baton-history-position");
    [(name, HeaderValue::from(position.get()))]
}

/// Where the run is.
pub(crate) fn location(run: RunId) -> Header {
    let path = format!("/api/task-runs/{run}");
    let value = HeaderValue::from_str(&path).expect("a path of letters and digits is a header");
    [(header::LOCATION, value)]
}
