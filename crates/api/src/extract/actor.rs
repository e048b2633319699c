//! Who asks.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use baton_domain::Actor;

use crate::{
    identity::Identity,
    problem::{Kind, Problem},
};

/// Under which name the request is recorded.
#[derive(Debug)]
pub(crate) struct By(pub(crate) Actor);

/// Who asks, as the guard found out.
#[derive(Debug)]
pub(crate) struct Asker(pub(crate) Arc<Identity>);

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<Arc<Identity>>().cloned();
        found
            .map(Self)
            .ok_or_else(|| Problem::internal(&"a route that asks nobody wants to know who asks"))
    }
}

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Asker(identity) = Asker::from_request_parts(parts, state).await?;
        Ok(Self(identity.name.clone()))
    }
}

/// The one value of a header as text.
pub(super) fn text<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Problem::field(
            Kind::InvalidHeader,
            name,
            "is given more than once",
        ));
    }
    std::str::from_utf8(value.as_bytes())
        .map(Some)
        .map_err(|_| Problem::field(Kind::InvalidHeader, name, "is not UTF-8"))
}
