//! Which problems an operation can answer with, for the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{Content, Ref, RefOr, Response, ResponseBuilder},
};

use super::Kind;

/// Problems of every operation that reads history.
pub(crate) struct Reading;

/// Problems of joining a terminal.
pub(crate) struct Joining;

/// Problems of a stream of all runs.
pub(crate) struct Watching;

/// Problems of a submission.
pub(crate) struct Submitting;

/// Problems of an operator's wish.
pub(crate) struct Wishing;

/// Problems of an upload.
pub(crate) struct Storing;

/// Problems of what is done with tokens.
pub(crate) struct Governing;

/// Problems of a browser's sign-in.
pub(crate) struct SigningIn;

/// Problems of every operation.
pub(crate) struct Anywhere;

const ANYWHERE: &[Kind] = &[
    Kind::Unauthenticated,
    Kind::Forbidden,
    Kind::ForbiddenHost,
    Kind::Internal,
];

impl IntoResponses for Anywhere {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        document(&[])
    }
}

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        document(&[Kind::NotFound, Kind::InvalidQuery, Kind::HistoryUnavailable])
    }
}

impl IntoResponses for Joining {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        document(&[
            Kind::NotFound,
            Kind::InvalidQuery,
            Kind::InvalidHeader,
            Kind::ForbiddenOrigin,
            Kind::Conflict,
            Kind::TooManyConnections,
            Kind::HistoryUnavailable,
        ])
    }
}

impl IntoResponses for Watching {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        document(&[Kind::InvalidQuery, Kind::InvalidHeader])
    }
}

impl IntoResponses for Submitting {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        document(&[
            Kind::MalformedJson,
            Kind::ForbiddenOrigin,
            Kind::RequestTimeout,
            Kind::IdempotencyConflict,
            Kind::BodyTooLarge,
            Kind::UnsupportedMediaType,
            Kind::InvalidBody,
            Kind::InvalidHeader,
            Kind::BrokerUnavailable,
        ])
    }
}

impl IntoResponses for Wishing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        document(&[
            Kind::MalformedJson,
            Kind::ForbiddenOrigin,
            Kind::NotFound,
            Kind::RequestTimeout,
            Kind::Conflict,
            Kind::BodyTooLarge,
            Kind::UnsupportedMediaType,
            Kind::InvalidBody,
            Kind::InvalidHeader,
            Kind::BrokerUnavailable,
            Kind::HistoryUnavailable,
        ])
    }
}

impl IntoResponses for Storing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        document(&[
            Kind::ForbiddenOrigin,
            Kind::NotFound,
            Kind::RequestTimeout,
            Kind::Conflict,
            Kind::BodyTooLarge,
            Kind::DigestMismatch,
            Kind::InvalidArtifactName,
            Kind::InvalidHeader,
            Kind::StorageUnavailable,
        ])
    }
}

impl IntoResponses for Governing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        document(&[
            Kind::MalformedJson,
            Kind::ForbiddenOrigin,
            Kind::NotFound,
            Kind::RequestTimeout,
            Kind::Conflict,
            Kind::BodyTooLarge,
            Kind::UnsupportedMediaType,
            Kind::InvalidBody,
            Kind::InvalidQuery,
            Kind::HistoryUnavailable,
        ])
    }
}

impl IntoResponses for SigningIn {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        document(&[
            Kind::MalformedJson,
            Kind::ForbiddenOrigin,
            Kind::RequestTimeout,
            Kind::BodyTooLarge,
            Kind::UnsupportedMediaType,
            Kind::InvalidBody,
            Kind::HistoryUnavailable,
        ])
    }
}

/// One answer a status, describing all kinds that share it.
fn document(kinds: &[Kind]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for kind in kinds.iter().chain(ANYWHERE) {
        let (name, status, title) = *kind.entry();
        let line = format!("`{name}`: {title}");
        by_status.entry(status.to_string()).or_default().push(line);
    }
    let answer = |lines: Vec<String>| {
        ResponseBuilder::new()
            .description(lines.join("; "))
            .content(
                "application/problem+json",
                Content::new(Some(Ref::from_schema_name("Problem"))),
            )
            .build()
            .into()
    };
    by_status
        .into_iter()
        .map(|(status, lines)| (status, answer(lines)))
        .collect()
}
