//! JSON bodies, and the key that makes a repeated one harmless.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::actor::text;
use crate::problem::{Kind, Problem};

/// The largest JSON body, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// How long a JSON body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(20);

/// A JSON body. What does not fit names the field.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        check_media_type(request.headers())?;
        let bytes = read(request).await?;
        parse(&bytes).map(Self)
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let said = if given.is_empty() { "missing" } else { given };
    let said: String = said.chars().take(100).collect();
    Err(Problem::new(
        Kind::UnsupportedMediaType,
        format!("Content-Type is {said}: send application/json"),
    ))
}

async fn read(request: Request) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            Kind::BodyTooLarge,
            format!("the body has more than {MAX_BYTES} bytes"),
        )
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BYTES) {
        return Err(too_large());
    }
    let reading = axum::body::to_bytes(request.into_body(), MAX_BYTES);
    match tokio::time::timeout(ARRIVAL, reading).await {
        Err(_) => Err(Problem::new(
            Kind::RequestTimeout,
            format!("the body did not arrive within {} s", ARRIVAL.as_secs()),
        )),
        Ok(Err(error)) if is_length_limit(&error) => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(
            Kind::MalformedJson,
            "the body broke off before its end",
        )),
        Ok(Ok(bytes)) => Ok(bytes),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| refuse(&error))?;
    json.end()
        .map_err(|error| Problem::new(Kind::MalformedJson, error.to_string()))?;
    Ok(value)
}

fn refuse(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    if !inner.is_data() {
        return Problem::new(Kind::MalformedJson, inner.to_string());
    }
    let said = inner.to_string();
    let message = said
        .rsplit_once(" at line ")
        .map_or(said.as_str(), |(message, _)| message);
    let path = error.path().to_string();
    let field = if path == "." { "body" } else { &path };
    Problem::field(
        Kind::InvalidBody,
        field,
        format!("cannot be read: {message}"),
    )
}

/// `Idempotency-Key`, if one is given.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        const NAME: &str = "Idempotency-Key";
        let Some(key) = text(&parts.headers, NAME)? else {
            return Ok(Self(None));
        };
        let good = (1..=200).contains(&key.len()) && key.bytes().all(|b| (0x20..0x7f).contains(&b));
        if good {
            return Ok(Self(Some(key.to_owned())));
        }
        Err(Problem::field(
            Kind::InvalidHeader,
            NAME,
            "must have 1 to 200 printable ASCII characters",
        ))
    }
}
