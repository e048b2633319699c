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

/// What ids look like.
const EXAMPLE: &str = "01a8f2c4-6d3e-7b91-8a05-3f7c2e9d4b16";

/// The most characters of what was given that are told back.
const MOST_SHOWN: usize = 60;

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
        id(&params, "id", "a token's", "/api/tokens").map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for HelpPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        id(&params, "id", "a request's", "/api/help-requests").map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MessagePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        let run = run(&params)?;
        let list = format!("/api/task-runs/{run}/operator-messages");
        let message = id(&params, "message", "a message's", &list)?;
        Ok(Self { run, message })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ArtifactPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        let name = ArtifactName::parse(param(&params, "name")).map_err(|error| {
            Problem::field(Kind::InvalidArtifactName, "name", error.to_string())
        })?;
        Ok(Self {
            run: run(&params)?,
            attempt: attempt(&params)?,
            name,
        })
    }
}

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Problem> {
    RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|rejection| {
            // It names the parameter between backticks, and nowhere else.
            let said = rejection.body_text();
            let field = said.split('`').nth(1).unwrap_or("path");
            Problem::field(Kind::NotFound, field, "must be UTF-8, percent-encoded")
        })
}

fn param<'a>(params: &'a RawPathParams, name: &str) -> &'a str {
    params
        .iter()
        .find(|(key, _)| *key == name)
        .map_or("", |(_, value)| value)
}

fn run(params: &RawPathParams) -> Result<RunId, Problem> {
    let given = param(params, "id");
    given.parse().map_err(|_| match Uuid::try_parse(given) {
        Ok(id) => wrong("id", given, &format!("written as {}", id.hyphenated())),
        Err(_) => no_id("id", given, "a run's", "/api/task-runs"),
    })
}

fn attempt(params: &RawPathParams) -> Result<Attempt, Problem> {
    let given = param(params, "attempt");
    let number = given.parse().ok().and_then(|n| Attempt::new(n).ok());
    number.ok_or_else(|| wrong("attempt", given, "an attempt's number, from 1"))
}

/// An id of what `list` lists.
fn id(params: &RawPathParams, field: &str, whose: &str, list: &str) -> Result<Uuid, Problem> {
    let given = param(params, field);
    Uuid::try_parse(given).map_err(|_| no_id(field, given, whose, list))
}

fn no_id(field: &str, given: &str, whose: &str, list: &str) -> Problem {
    let wanted = format!("{whose} id, such as {EXAMPLE}: GET {list} lists them");
    wrong(field, given, &wanted)
}

/// What cannot be the id or number of anything: nothing is found under it.
fn wrong(field: &str, given: &str, wanted: &str) -> Problem {
    let begun: String = given.chars().take(MOST_SHOWN).collect();
    let cut = if begun == given { "" } else { "…" };
    let message = format!("is '{begun}{cut}', but must be {wanted}");
    Problem::field(Kind::NotFound, field, message)
}
