//! Errors as RFC 9457 problems: every answer of this server that is not a success is one.

mod document;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use baton_wire::{FieldError, InvalidSpec, http::PROBLEM_TYPES};

pub(crate) use document::{
    Anywhere, Governing, Joining, Reading, SigningIn, Storing, Submitting, Watching, Wishing,
};

/// The result of a handler.
pub(crate) type Answer<T> = Result<T, Problem>;

macro_rules! kinds {
    ($($name:ident = $text:literal,)*) => {
        /// The kinds of problem, by the names of [`PROBLEM_TYPES`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($name,)* }

        impl Kind {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name,)*];

            const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

kinds! {
    InvalidBody = "invalid-body",
    InvalidQuery = "invalid-query",
    InvalidHeader = "invalid-header",
    MalformedJson = "malformed-json",
    UnsupportedMediaType = "unsupported-media-type",
    BodyTooLarge = "body-too-large",
    Unauthenticated = "unauthenticated",
    Forbidden = "forbidden",
    ForbiddenHost = "forbidden-host",
    ForbiddenOrigin = "forbidden-origin",
    NotFound = "not-found",
    MethodNotAllowed = "method-not-allowed",
    RequestTimeout = "request-timeout",
    TooManyConnections = "too-many-connections",
    Conflict = "conflict",
    IdempotencyConflict = "idempotency-conflict",
    DigestMismatch = "digest-mismatch",
    InvalidArtifactName = "invalid-artifact-name",
    BrokerUnavailable = "broker-unavailable",
    HistoryUnavailable = "history-unavailable",
    StorageUnavailable = "storage-unavailable",
    Internal = "internal",
}

impl Kind {
    fn entry(self) -> &'static (&'static str, u16, &'static str) {
        PROBLEM_TYPES
            .iter()
            .find(|(name, ..)| *name == self.name())
            .expect("a test finds every kind in the table")
    }

    fn status(self) -> StatusCode {
        StatusCode::from_u16(self.entry().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    const fn retry_after(self) -> Option<&'static str> {
        match self {
            Self::BrokerUnavailable | Self::HistoryUnavailable | Self::StorageUnavailable => {
                Some("2")
            }
            _ => None,
        }
    }
}

/// A problem on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
}

impl Problem {
    /// A problem; the detail says what happened and what to do, as a sentence without a full stop.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
        }))
    }

    /// A problem with fields of the request.
    pub(crate) fn with_fields(kind: Kind, errors: Vec<FieldError>) -> Self {
        let lines: Vec<String> = errors
            .iter()
            .map(|error| format!("{} {}", error.field, error.message))
            .collect();
        let mut problem = Self::new(kind, lines.join("; "));
        problem.0.errors = errors;
        problem
    }

    /// A problem with one field of the request.
    pub(crate) fn field(kind: Kind, field: &str, message: impl Into<String>) -> Self {
        let (field, message) = (field.to_owned(), message.into());
        Self::with_fields(kind, vec![FieldError { field, message }])
    }

    /// There is no such thing.
    pub(crate) fn not_found(what: &str, name: &str) -> Self {
        let name: String = name.chars().take(200).collect();
        Self::new(Kind::NotFound, format!("there is no {what} '{name}'"))
    }

    /// A fault of ours: logged here in full, told without particulars.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "failed to answer a request");
        Self::new(
            Kind::Internal,
            "the server failed to answer; its log says why",
        )
    }

    /// What happened and what to do.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What kind of problem it is.
    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }
}

impl From<InvalidSpec> for Problem {
    fn from(error: InvalidSpec) -> Self {
        Self::with_fields(Kind::InvalidBody, error.0)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let parts = *self.0;
        let (name, status, title) = *parts.kind.entry();
        let body = baton_wire::http::Problem {
            kind: format!("urn:baton:problem:{name}"),
            title: title.to_owned(),
            status,
            detail: parts.detail,
            errors: parts.errors,
        };
        let mut response = (parts.kind.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if parts.kind == Kind::Unauthenticated {
            let scheme = HeaderValue::from_static("Bearer realm=\"baton\"");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(seconds) = parts.kind.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_in_the_table_and_every_line_of_the_table_is_used() {
        let ours: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        let table: Vec<&str> = PROBLEM_TYPES.iter().map(|(name, ..)| *name).collect();
        let missing: Vec<_> = ours.iter().filter(|name| !table.contains(name)).collect();
        let unused: Vec<_> = table.iter().filter(|name| !ours.contains(name)).collect();
        assert!(
            missing.is_empty() && unused.is_empty(),
            "{missing:?} {unused:?}"
        );
    }
}
