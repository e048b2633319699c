//! A new token. Its text is in the answer, and nowhere else.

use std::{fmt::Display, str::FromStr};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use baton_domain::{Actor, Role, TokenKind, WorkerScope};
use baton_store::accounts::{self, Authority, NewToken};
use baton_wire::{
    FieldError,
    http::{NewTokenInfo, TokenRequest},
};

use super::{deed, token_info, unavailable};
use crate::{
    extract::{Asker, Body, Pairs},
    problem::{Answer, Governing, Kind, Problem},
    state::App,
};

/// The most entries of a list.
const MOST: usize = 100;

/// Makes a token
///
/// The answer holds its text, which nobody can read again: only its hash is kept.
#[utoipa::path(
    post,
    path = "/api/tokens",
    operation_id = "createToken",
    tag = "identity",
    request_body(
        content = TokenRequest,
        examples(
            ("operator" = (summary = "A person or a program", value = json!({
                "name": "ada", "kind": "operator", "role": "operator", "expiresAt": "2031-01-31T00:00:00Z"
            }))),
            ("worker" = (summary = "Workers whose names begin with 'build-', for one pool", value = json!({
                "name": "builders", "kind": "worker", "worker": "build-*", "pools": ["nightly"]
            })))
        )
    ),
    responses(
        (status = 201, description = "The token, and its text", body = NewTokenInfo),
        Governing,
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Asker(asker): Asker,
    query: Pairs,
    Body(request): Body<TokenRequest>,
) -> Answer<Response> {
    query.finish()?;
    let created = deed(&app, &asker);
    let mut wrong = Wrong::default();
    let name = wrong.checked("name", Actor::try_from(request.name.clone()));
    let authority = authority(&request, &mut wrong);
    if request.expires_at.is_some_and(|end| end <= created.at) {
        wrong.note("expiresAt", "must lie in the future");
    }
    let (name, authority) = wrong.finish(name.zip(authority))?;
    let new = NewToken {
        id: app.new_id(created.at).as_uuid(),
        name,
        authority,
        created,
        expires_at: request.expires_at,
    };
    let (token, text) = accounts::create(app.accounts().store(), new)
        .await
        .map_err(unavailable)?;
    tracing::info!(token = %token.id, name = %token.name, by = %token.created.by, "a token was made");
    let at = token.created.at;
    let body = NewTokenInfo {
        token: text.reveal().to_owned(),
        info: token_info(token, at),
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

fn authority(request: &TokenRequest, wrong: &mut Wrong) -> Option<Authority> {
    match request.kind.parse() {
        Ok(TokenKind::Operator) => operator(request, wrong),
        Ok(TokenKind::Worker) => worker(request, wrong),
        Err(_) => {
            wrong.note("kind", "must be operator or worker");
            None
        }
    }
}

fn operator(request: &TokenRequest, wrong: &mut Wrong) -> Option<Authority> {
    for (field, is_given) in [
        ("worker", request.worker.is_some()),
        ("pools", !request.pools.is_empty()),
        ("repositories", !request.repositories.is_empty()),
        ("runTypes", !request.run_types.is_empty()),
    ] {
        if is_given {
            wrong.note(field, "is for workers' tokens alone");
        }
    }
    let role: Option<Role> = request.role.as_ref().and_then(|role| role.parse().ok());
    if role.is_none() {
        wrong.note("role", "must be viewer, operator or admin");
    }
    role.map(Authority::Operator)
}

fn worker(request: &TokenRequest, wrong: &mut Wrong) -> Option<Authority> {
    if request.role.is_some() {
        wrong.note("role", "is for operators' tokens alone");
    }
    let pattern = request.worker.as_deref().unwrap_or_default();
    let workers = wrong.checked("worker", pattern.parse());
    let pools = wrong.list("pools", &request.pools);
    let repositories = wrong.list("repositories", &request.repositories);
    let run_types = wrong.list("runTypes", &request.run_types);
    Some(Authority::Worker(WorkerScope {
        workers: workers?,
        pools: pools.into_iter().collect(),
        repositories,
        run_types: run_types.into_iter().collect(),
    }))
}

/// What is wrong with the request.
#[derive(Default)]
struct Wrong(Vec<FieldError>);

impl Wrong {
    fn note(&mut self, field: &str, message: impl Display) {
        self.0.push(FieldError {
            field: field.to_owned(),
            message: message.to_string(),
        });
    }

    fn checked<T, E: Display>(&mut self, field: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.note(field, error)).ok()
    }

    fn list<T: FromStr<Err: Display>>(&mut self, field: &str, words: &[String]) -> Vec<T> {
        if words.len() > MOST {
            self.note(field, format!("must have at most {MOST} entries"));
            return Vec::new();
        }
        let parsed = words
            .iter()
            .enumerate()
            .filter_map(|(n, word)| self.checked(&format!("{field}[{n}]"), word.parse()));
        parsed.collect()
    }

    fn finish<T>(self, value: Option<T>) -> Answer<T> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Problem::with_fields(Kind::InvalidBody, self.0)),
        }
    }
}
