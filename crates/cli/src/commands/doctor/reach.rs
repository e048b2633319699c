//! What the settings name: a broker, a database, an API. Looked at only when they are named.

use std::time::Duration;

use baton_store::SchemaVersion;

use super::{Finding, Standing};
use crate::{
    args::DoctorArgs,
    client::Client,
    commands::connect::{self, Access},
    config,
};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub(super) async fn all(args: &DoctorArgs) -> anyhow::Result<Vec<Finding>> {
    let database = args.database_url.as_deref();
    let database = config::optional_database_url(database, args.database_url_file.as_deref())?;
    let mut findings = Vec::new();
    if let Some(url) = &args.nats_url {
        findings.push(within("NATS", nats(url)).await);
    }
    if let Some(url) = &database {
        findings.push(within("database", postgres(url)).await);
    }
    if let Some(url) = &args.api_url {
        findings.push(within("API", api(url)).await);
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

async fn nats(url: &str) -> Finding {
    const NAME: &str = "NATS";
    let missing = |found: String, fix: &str| Finding::bad(NAME, Standing::Missing, found, fix);
    let bus = match connect::bus_at(url, "doctor").await {
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
