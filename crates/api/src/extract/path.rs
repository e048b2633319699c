//! Ids and names in paths.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use baton_domain::{Attempt, RunId};
use uuid::Uuid;

use crate::{
    artifacts::ArtifactName,
    problem::{Kind, Problem},
};

/// `{id}`: a run.
#[derive(Debug)]
pub(crate) struct RunPath(pub(crate) RunId);

/// `{id}`: a token.
#[derive(Debug)]
pub(crate) struct TokenPath(pub(crate) Uuid);

/// `{id}`, `{attempt}` and `{*name}`: a file of an attempt.
#[derive(Debug)]
pub(crate) struct ArtifactPath {
    pub(crate) run: RunId,
    pub(crate) attempt: Attempt,
    pub(crate) name: ArtifactName,
}

/// `{id}`: a request for help.
#[derive(Debug)]
pub(crate) struct HelpPath(pub(crate) Uuid);

/// `{id}` and `{message}`: a message to a run's agent.
#[derive(Debug)]
pub(crate) struct MessagePath {
    pub(crate) run: RunId,
    pub(crate) message: Uuid,
}

/// `{scope}`: who is drained, as given.
#[derive(Debug)]
pub(crate) struct ScopePath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for ScopePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        Ok(Self(param(&params, "scope").to_owned()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RunPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        run(&params).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TokenPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        let id = param(&params, "id");
        id.parse()
            .map(Self)
            .map_err(|_| Problem::not_found("token", id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for HelpPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        let id = param(&params, "id");
        id.parse()
            .map(Self)
            .map_err(|_| Problem::not_found("request for help", id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MessagePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        let message = param(&params, "message");
        Ok(Self {
            run: run(&params)?,
            message: message
                .parse()
                .map_err(|_| Problem::not_found("message", message))?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ArtifactPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        let attempt = param(&params, "attempt");
        let number = attempt.parse().ok().and_then(|n| Attempt::new(n).ok());
        let name = ArtifactName::parse(param(&params, "name")).map_err(|error| {
            Problem::field(Kind::InvalidArtifactName, "name", error.to_string())
        })?;
        Ok(Self {
            run: run(&params)?,
            attempt: number.ok_or_else(|| Problem::not_found("attempt", attempt))?,
            name,
        })
    }
}

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Problem> {
    RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| Problem::new(Kind::NotFound, "the path is not UTF-8"))
}

fn param<'a>(params: &'a RawPathParams, name: &str) -> &'a str {
    params
        .iter()
        .find(|(key, _)| *key == name)
        .map_or("", |(_, value)| value)
}

fn run(params: &RawPathParams) -> Result<RunId, Problem> {
    let id = param(params, "id");
    id.parse().map_err(|_| Problem::not_found("run", id))
}
