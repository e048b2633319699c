//! What the settings name: a broker, a database, an API. Looked at only when they are named.

use std::{ffi::OsStr, path::Path, time::Duration};

use baton_admission::keys::Seed;
use baton_domain::{Clock as _, SystemClock};
use baton_store::SchemaVersion;

use super::{Finding, Standing, tokens};
use crate::{
    args::DoctorArgs,
    client::Client,
    commands::connect::{self, Access},
    config,
};

/// Whose key may look at streams and consumers.
const PROVISIONER: &str = "provisioner";
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub(super) async fn all(args: &DoctorArgs) -> anyhow::Result<Vec<Finding>> {
    let database = args.database_url.as_deref();
    let database = config::optional_database_url(database, args.database_url_file.as_deref())?;
    let mut findings = Vec::new();
    if let Some(url) = &args.nats_url {
        findings.push(within("NATS", nats(url, args.nats_seed_file.as_deref())).await);
    }
    if let Some(url) = &database {
        findings.push(within("database", postgres(url)).await);
    }
    if let Some(url) = &args.api_url {
        findings.push(within("API", api(url)).await);
        findings.extend(known(args, url).await?);
    }
    Ok(findings)
}

/// The tokens that are named, where there is an API to ask.
async fn known(args: &DoctorArgs, url: &str) -> anyhow::Result<Vec<Finding>> {
    let mine = config::token(&args.identity)?;
    let file = args.worker_token_file.as_deref();
    let workers = config::token_of_worker(args.worker_token.as_deref(), file)?;
    let now = SystemClock.now();
    let mut findings = Vec::new();
    for (name, kind, token) in [
        ("token", "operator", mine),
        ("worker token", "worker", workers),
    ] {
        if let Some(token) = token {
            let look = tokens::look(name, kind, url, token, now);
            findings.push(within(name, look).await);
        }
    }
    Ok(findings)
}

async fn within(name: &'static str, look: impl Future<Output = Finding>) -> Finding {
    let answer = tokio::time::timeout(ANSWER_WITHIN, look).await;
    answer.unwrap_or_else(|_| {
        let found = format!("no answer within {} s", ANSWER_WITHIN.as_secs());
        Finding::bad(
            name,
            Standing::Missing,
            found,
            "is it running, and is its address right?",
        )
    })
}

async fn nats(url: &str, seed: Option<&Path>) -> Finding {
    const NAME: &str = "NATS";
    let missing = |found: String, fix: &str| Finding::bad(NAME, Standing::Missing, found, fix);
    let credentials = match seed.map(Seed::of_user).transpose() {
        Ok(seed) => seed.as_ref().map(connect::seed),
        Err(error) => {
            let fix = "baton nats keys DIR makes one for each role";
            return missing(format!("{error:#}"), fix);
        }
    };
    let role = seed.and_then(Path::file_stem).and_then(OsStr::to_str);
    // The broker's permissions name the inboxes of those who may look at everything.
    let bus = match connect::bus_by(url, "nats-verify", credentials).await {
        Ok(_) if role.is_some_and(|role| role != PROVISIONER) => {
            let found =
                "reachable; name the provisioner's key to see whether streams are as defined";
            return Finding::good(NAME, found);
        }
        Ok(bus) => bus,
        Err(error) => return missing(error.to_string(), "start it, or mend BATON_NATS_URL"),
    };
    match bus.verify_topology().await {
        Ok(differences) if differences.is_empty() => {
            Finding::good(NAME, "reachable, streams and consumers as defined")
        }
        Ok(differences) => missing(
            format!("reachable, but {} definitions differ", differences.len()),
            "baton nats apply",
        ),
        Err(error) => missing(error.to_string(), "is it the server that Baton is to use?"),
    }
}

async fn postgres(url: &str) -> Finding {
    const NAME: &str = "database";
    let missing = |found: String, fix: &str| Finding::bad(NAME, Standing::Missing, found, fix);
    let version = match connect::store_at(url, "doctor", Access::Read, 1) {
        Ok(store) => store.schema_version().await,
        Err(error) => Err(error),
    };
    match version {
        Ok(SchemaVersion { found, needed }) if found >= needed => {
            Finding::good(NAME, format!("reachable, schema version {found}"))
        }
        Ok(SchemaVersion { found, needed }) => missing(
            format!("schema version {found}, needed {needed}"),
            "baton migrate",
        ),
        Err(error) => missing(error.to_string(), "start it, or mend BATON_DATABASE_URL"),
    }
}

async fn api(url: &str) -> Finding {
    const NAME: &str = "API";
    let missing = |found: String| {
        Finding::bad(
            NAME,
            Standing::Missing,
            found,
            "start it, or mend BATON_API_URL",
        )
    };
    let client = match Client::at(url, None) {
        Ok(client) => client,
        Err(error) => return missing(format!("{error:#}")),
    };
    match client.info().await {
        Ok(info) => {
            let version = info.get("version").and_then(|version| version.as_str());
            Finding::good(
                NAME,
                format!("{} at {url}", version.unwrap_or("unknown version")),
            )
        }
        Err(error) => missing(error.to_string()),
    }
}
