//! JSON bodies, and the key that makes a repeated one harmless.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::actor::text;
use crate::problem::{Kind, Problem};

/// The largest JSON body, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// How long a JSON body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(20);

/// A JSON body. What does not fit names the field.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned + Serialize> FromRequest<S> for Body<T> {
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

fn parse<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::new(Kind::MalformedJson, "the body is empty"));
    }
    let raw: Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Kind::MalformedJson, error.to_string()))?;
    if !raw.is_object() {
        return Err(Problem::field(
            Kind::InvalidBody,
            "body",
            "must be a JSON object",
        ));
    }
    // From the text again, not from the value, which has forgotten fields that are given twice.
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut json).map_err(|error| refuse(&error))?;
    let understood = serde_json::to_value(&value).map_err(|error| Problem::internal(&error))?;
    match list_for_object(&raw, &understood) {
        None => Ok(value),
        Some(field) => Err(Problem::field(
            Kind::InvalidBody,
            &field,
            "must be a JSON object",
        )),
    }
}

/// The first field that was given as a list and understood as an object, its fields by place.
fn list_for_object(raw: &Value, understood: &Value) -> Option<String> {
    understood
        .as_object()?
        .iter()
        .find_map(|(name, understood)| {
            let raw = raw.get(name)?;
            if raw.is_array() && understood.is_object() {
                return Some(name.clone());
            }
            list_for_object(raw, understood).map(|field| format!("{name}.{field}"))
        })
}

fn refuse(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let said = error.inner().to_string();
    let said = said
        .rsplit_once(" at line ")
        .map_or(said.as_str(), |(said, _)| said);
    let path = error.path().to_string();
    let (field, message) = reworded(if path == "." { "" } else { &path }, said);
    Problem::field(Kind::InvalidBody, &field, message)
}

/// The parser's words as words about a field.
fn reworded(path: &str, said: &str) -> (String, String) {
    let named = |prefix: &str| said.strip_prefix(prefix)?.split('`').next();
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    if let Some(name) = named("missing field `") {
        return (below(name), "is missing".to_owned());
    }
    if let Some(name) = named("duplicate field `") {
        return (below(name), "is given more than once".to_owned());
    }
    let field = if path.is_empty() { "body" } else { path }.to_owned();
    if said.starts_with("unknown field `") {
        let (_, known) = said.split_once(", ").unwrap_or_default();
        return (field, format!("is unknown: {}", known.replace('`', "")));
    }
    let wrong = said
        .strip_prefix("invalid type: ")
        .or_else(|| said.strip_prefix("invalid value: "));
    match wrong {
        Some(wrong) => {
            let (given, wanted) = wrong.rsplit_once(", expected ").unwrap_or((wrong, ""));
            let wanted = match wanted {
                "u32" => "a whole number, not negative",
                wanted if wanted.starts_with("struct ") => "an object",
                wanted => wanted,
            };
            (
                field,
                format!("is {}, expected {wanted}", given.replace('`', "")),
            )
        }
        None => (field, format!("cannot be read: {said}")),
    }
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
