//! Errors, as RFC 9457 problems.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::spec::FieldError;

/// An error, sent as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable, for machines: `urn:baton:problem:<name>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time and what to do.
    pub detail: String,
    /// The fields that are wrong, where the body was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// Every kind of problem: name, status, title. A name never changes its meaning.
pub const PROBLEM_TYPES: &[(&str, u16, &str)] = &[
    ("invalid-body", 422, "the request's body breaks rules"),
    ("invalid-query", 422, "the request's query breaks rules"),
    (
        "invalid-header",
        422,
        "a header of the request breaks rules",
    ),
    ("malformed-json", 400, "the request's body is not JSON"),
    (
        "unsupported-media-type",
        415,
        "the request's body is of another media type",
    ),
    ("body-too-large", 413, "the request's body is too large"),
    ("unauthenticated", 401, "the request does not say who asks"),
    ("forbidden", 403, "whoever asks may not do this"),
    (
        "forbidden-host",
        403,
        "the request is addressed to a name that this server does not answer to",
    ),
    (
        "forbidden-origin",
        403,
        "the request comes from a page of another site",
    ),
    ("not-found", 404, "there is no such thing"),
    ("method-not-allowed", 405, "the path has no such method"),
    (
        "request-timeout",
        408,
        "the request took too long to arrive",
    ),
    (
        "too-many-connections",
        429,
        "whoever asks has too many connections open",
    ),
    ("conflict", 409, "the present state forbids it"),
    (
        "idempotency-conflict",
        409,
        "the Idempotency-Key was used for another request",
    ),
    (
        "digest-mismatch",
        422,
        "the content is not what its digest says",
    ),
    (
        "invalid-artifact-name",
        422,
        "the artifact's name is not a plain relative path",
    ),
    ("broker-unavailable", 503, "the broker cannot be reached"),
    ("history-unavailable", 503, "the database cannot be reached"),
    (
        "storage-unavailable",
        503,
        "the artifact store cannot be used",
    ),
    ("internal", 500, "a fault of the server"),
];
