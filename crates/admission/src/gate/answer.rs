//! One login: the question read, the token checked, the answer signed.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use baton_bus::{
    LoginRequest,
    access::{Permissions, WORKERS_ACCOUNT, WorkerAccess, parse_worker_login},
};
use baton_domain::{Route, RunType, Slots, TokenKind, WorkerId, WorkerScope};
use baton_store::accounts::{self, Authority, Checked, Refused, Verdict};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Gate;
use crate::jwt;

/// How many tokens are remembered.
const REMEMBERED: usize = 16_384;

/// Tokens that were found good: they stay so while the database is away, since nobody can revoke
/// one then.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<[u8; 32], Checked>>);

#[derive(Deserialize)]
struct Question {
    iss: String,
    nats: Asked,
}

#[derive(Deserialize)]
struct Asked {
    server_id: ServerId,
    user_nkey: String,
    #[serde(default)]
    client_info: ClientInfo,
    connect_opts: ConnectOpts,
}

#[derive(Deserialize)]
struct ServerId {
    id: String,
}

#[derive(Deserialize, Default)]
struct ClientInfo {
    #[serde(default)]
    host: String,
}

#[derive(Deserialize)]
struct ConnectOpts {
    #[serde(default)]
    user: String,
    #[serde(default)]
    pass: String,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(
        "it gave no worker's id and token: workers connect with --token-file (BATON_WORKER_TOKEN_FILE), \
         roles with --nats-seed-file (BATON_NATS_SEED_FILE)"
    )]
    Name,
    #[error("no worker may be called 'supervisor'")]
    Supervisor,
    #[error(transparent)]
    Token(#[from] Refused),
    #[error("the token is for workers named {0}")]
    OtherWorker(String),
    #[error("the token cannot be checked now: {0}")]
    Unchecked(String),
}

#[derive(Serialize)]
struct Claims<T> {
    aud: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    iat: i64,
    iss: String,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    nats: T,
    sub: String,
}

#[derive(Serialize)]
struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    jwt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    r#type: &'static str,
    version: u8,
}

#[derive(Serialize)]
struct User {
    r#pub: baton_bus::access::Allowed,
    sub: baton_bus::access::Allowed,
    subs: i64,
    data: i64,
    payload: i64,
    r#type: &'static str,
    version: u8,
}

/// Somebody who may come in.
struct Admitted {
    worker: WorkerId,
    token: Uuid,
    permissions: Permissions,
    until: DateTime<Utc>,
}

/// Answers one question. One that the broker did not ask is left alone.
pub(super) async fn answer(gate: &Gate, request: LoginRequest) {
    let question = match jwt::verified::<Question>(&request.question, |q| &q.iss) {
        Ok(question) if question.iss == question.nats.server_id.id => question.nats,
        Ok(_) => return tracing::warn!("a question about a login is not the broker's own"),
        Err(error) => return tracing::warn!(%error, "a question about a login cannot be read"),
    };
    let now = gate.deps.clock.now();
    let admitted = admit(gate, &question, now).await;
    let told = match &admitted {
        Ok(admitted) => {
            tracing::info!(worker = %admitted.worker, token = %admitted.token, until = %admitted.until, "let a worker in");
            user_jwt(gate, &question, admitted, now).map_err(|error| error.to_string())
        }
        Err(refusal) => {
            let (user, host) = (&question.connect_opts.user, &question.client_info.host);
            let user: String = user.chars().take(100).collect();
            tracing::warn!(user, host, reason = %refusal, "refused a login");
            Err(refusal.to_string())
        }
    };
    match response(gate, &question, told, now) {
        Ok(answer) => request.answer(answer).await,
        Err(error) => tracing::error!(%error, "an answer about a login cannot be signed"),
    }
}

async fn admit(gate: &Gate, asked: &Asked, now: DateTime<Utc>) -> Result<Admitted, Refusal> {
    let ConnectOpts { user, pass } = &asked.connect_opts;
    let (worker, token) = parse_worker_login(user).ok_or(Refusal::Name)?;
    if worker.is_supervisor() {
        return Err(Refusal::Supervisor);
    }
    let checked = check(gate, pass, now).await?;
    if checked.token.id != token {
        return Err(Refused::Unknown.into());
    }
    let Authority::Worker(scope) = &checked.token.authority else {
        return Err(Refused::Unknown.into());
    };
    if !scope.allows_worker(&worker) {
        return Err(Refusal::OtherWorker(scope.workers.to_string()));
    }
    let unchecked = |error: &dyn std::fmt::Display| Refusal::Unchecked(error.to_string());
    let queues = gate.deps.bus.queues().await;
    let mut queues = queues.map_err(|error| unchecked(&error))?;
    queues.retain(|(route, _)| allows(scope, route));
    let hints = hints(scope, queues.iter().map(|(route, _)| route));
    let access = WorkerAccess { queues, hints };
    let permissions = Permissions::of_worker(&worker, &access);
    let session = TimeDelta::from_std(gate.session).unwrap_or(TimeDelta::MAX);
    let end = now.checked_add_signed(session).unwrap_or(now);
    Ok(Admitted {
        permissions: permissions.map_err(|error| unchecked(&error))?,
        token: checked.token.id,
        until: checked.until.map_or(end, |until| until.min(end)),
        worker,
    })
}

async fn check(gate: &Gate, token: &str, now: DateTime<Utc>) -> Result<Checked, Refusal> {
    match accounts::check(&gate.deps.store, TokenKind::Worker, token, now).await {
        Ok(Verdict::Good(checked)) => {
            gate.known.learn(token, &checked);
            Ok(*checked)
        }
        Ok(Verdict::Refused(refused)) => Err(refused.into()),
        Err(error) => {
            let known = gate.known.recall(token);
            let known = known.filter(|checked| checked.token.refused_at(now).is_none());
            known.ok_or_else(|| Refusal::Unchecked(error.to_string()))
        }
    }
}

fn allows(scope: &WorkerScope, route: &Route) -> bool {
    scope.allows_pool(&route.pool) && scope.allows_run_type(route.run_type)
}

/// The hints that a worker may hear: those of its queues, and of routes that may get one.
fn hints<'a>(
    scope: &WorkerScope,
    queues: impl Iterator<Item = &'a Route>,
) -> Option<BTreeSet<Route>> {
    if scope.pools.is_empty() && scope.run_types.is_empty() {
        return None;
    }
    let mut routes: BTreeSet<Route> = queues.cloned().collect();
    for pool in &scope.pools {
        for run_type in RunType::ALL {
            let plain = Route {
                pool: pool.clone(),
                run_type: *run_type,
                slots: Slots::ONE,
                capabilities: BTreeSet::new(),
            };
            routes.extend(allows(scope, &plain).then_some(plain));
        }
    }
    Some(routes)
}

fn user_jwt(
    gate: &Gate,
    asked: &Asked,
    admitted: &Admitted,
    now: DateTime<Utc>,
) -> Result<String, jwt::JwtError> {
    let user = User {
        r#pub: admitted.permissions.publish.clone(),
        sub: admitted.permissions.subscribe.clone(),
        subs: -1,
        data: -1,
        payload: -1,
        r#type: "user",
        version: 2,
    };
    let claims = Claims {
        aud: WORKERS_ACCOUNT.to_owned(),
        exp: Some(admitted.until.timestamp()),
        iat: now.timestamp(),
        iss: gate.issuer.public_key(),
        jti: Uuid::now_v7().to_string(),
        // What the broker lists the connection as, and the revocation looks for.
        name: Some(asked.connect_opts.user.clone()),
        nats: user,
        sub: asked.user_nkey.clone(),
    };
    jwt::sign(&gate.issuer, &claims)
}

fn response(
    gate: &Gate,
    asked: &Asked,
    told: Result<String, String>,
    now: DateTime<Utc>,
) -> Result<String, jwt::JwtError> {
    let (jwt, error) = match told {
        Ok(jwt) => (Some(jwt), None),
        Err(error) => (None, Some(error)),
    };
    let claims = Claims {
        aud: asked.server_id.id.clone(),
        exp: None,
        iat: now.timestamp(),
        iss: gate.issuer.public_key(),
        jti: Uuid::now_v7().to_string(),
        name: None,
        nats: Response {
            jwt,
            error,
            r#type: "authorization_response",
            version: 2,
        },
        sub: asked.user_nkey.clone(),
    };
    jwt::sign(&gate.issuer, &claims)
}

impl Known {
    fn learn(&self, token: &str, checked: &Checked) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(Sha256::digest(token).into(), checked.clone());
    }

    fn recall(&self, token: &str) -> Option<Checked> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let digest: [u8; 32] = Sha256::digest(token).into();
        known.get(&digest).cloned()
    }
}
