//! The part of the broker's configuration that says who is who. It holds public keys only.

use serde::Deserialize;
use serde_json::{Value, json};

use super::permissions::{Permissions, Role};
use crate::error::BusError;

/// The account of the roles, and of the stream.
pub const BATON_ACCOUNT: &str = "BATON";
/// The account of the workers.
pub const WORKERS_ACCOUNT: &str = "WORKERS";
/// The broker's own account.
pub const SYSTEM_ACCOUNT: &str = "SYS";

/// What every account calls JetStream's interface of its own, and what workers therefore call that
/// of the stream's account.
const OWN_API: &str = "$JS.API.";
const WORKERS_API: &str = "baton.v1.js.";

/// How workers call JetStream's interface.
pub(crate) const WORKERS_API_PREFIX: &str = "baton.v1.js";

const FILE: &str = "nats/accounts.json";

/// How long the broker waits for somebody to let a worker in, in seconds: from the moment when it
/// takes the connection until there is an answer, also when nobody hears the question. So it is how
/// long a fleet may be deaf when admission comes back after the broker; but a fleet comes back at
/// once. Of 500 workers that logged in together at one gate (debug build, two busy cores), the last
/// was let in after 3.1 s and none was refused; with 2 s some 450 were refused, with 1 s 485, and
/// had to come again. The client gives up after 5 s too.
const ADMITTED_WITHIN: u32 = 5;

/// The public keys of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKeys {
    /// Each role's user key (`U…`).
    pub roles: Vec<(Role, String)>,
    /// The account key (`A…`) by which workers are let in.
    pub issuer: String,
}

#[derive(Deserialize)]
struct Accounts {
    services: Vec<Service>,
    streams: Vec<String>,
}

#[derive(Deserialize)]
struct Service {
    subject: String,
    answers: Answers,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Answers {
    One,
    Many,
}

/// What the broker's configuration has to include, beside its `jetstream` block.
///
/// # Errors
/// [`BusError::Topology`] when a file of this build is malformed.
pub fn server_config(keys: &AccessKeys) -> Result<String, BusError> {
    let accounts: Accounts = serde_json::from_str(include_str!("../../../../nats/accounts.json"))
        .map_err(|error| BusError::Topology {
        file: FILE,
        reason: error.to_string(),
    })?;
    let mut roles = Vec::new();
    let mut system = Vec::new();
    for (role, key) in &keys.roles {
        let user = json!({"nkey": key, "permissions": Permissions::of_role(*role)?});
        match role {
            Role::Admission => system.push(user),
            _ => roles.push(user),
        }
    }
    let known: Vec<&String> = keys.roles.iter().map(|(_, key)| key).collect();
    let sections = [
        ("system_account", json!(SYSTEM_ACCOUNT)),
        (
            "accounts",
            json!({
                SYSTEM_ACCOUNT: {"users": system},
                BATON_ACCOUNT: {"jetstream": "enabled", "users": roles, "exports": exports(&accounts)},
                WORKERS_ACCOUNT: {"imports": imports(&accounts)},
            }),
        ),
        (
            "authorization",
            json!({
                "timeout": ADMITTED_WITHIN,
                "auth_callout": {
                    "issuer": keys.issuer,
                    "account": BATON_ACCOUNT,
                    "auth_users": known,
                },
            }),
        ),
    ];
    let mut text = String::from(HEAD);
    for (name, value) in sections {
        // JSON is read by the broker as it is.
        text.push_str(&format!("{name}: {value:#}\n"));
    }
    Ok(text)
}

const HEAD: &str = "\
# Who is who at this broker, made by `baton nats keys`. It holds public keys only, and is read again by
# `nats-server --signal reload`. Make it anew after an upgrade of Baton: `baton nats keys` keeps the keys.

";

fn exports(accounts: &Accounts) -> Vec<Value> {
    let to = [WORKERS_ACCOUNT];
    let services = accounts.services.iter().map(|service| {
        let response = match service.answers {
            Answers::One => "Singleton",
            Answers::Many => "Stream",
        };
        json!({"service": service.subject, "response_type": response, "accounts": to})
    });
    let streams = accounts.streams.iter();
    let streams = streams.map(|stream| json!({"stream": stream, "accounts": to}));
    services.chain(streams).collect()
}

fn imports(accounts: &Accounts) -> Vec<Value> {
    let of = |subject: &String| json!({"account": BATON_ACCOUNT, "subject": subject});
    let services = accounts.services.iter();
    let services = services.map(|service| {
        let here = service.subject.replace(OWN_API, WORKERS_API);
        json!({"service": of(&service.subject), "to": here})
    });
    let streams = accounts.streams.iter();
    let streams = streams.map(|stream| json!({"stream": of(stream)}));
    services.chain(streams).collect()
}
