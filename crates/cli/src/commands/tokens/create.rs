//! `baton tokens create`, and the token of `baton dev`'s own worker.

use baton_domain::{Clock as _, SystemClock, WorkerId, WorkerScope};
use baton_store::{Store, accounts::Authority};
use baton_wire::http::{NewTokenInfo, TokenRequest};

use super::{allows, direct};
use crate::{args::CreateTokenArgs, client::Client, exit::Exit, output};

pub(super) async fn run(args: CreateTokenArgs) -> anyhow::Result<Exit> {
    let made = if args.direct.direct {
        let store = direct::store(&args.direct.store).await?;
        let authority = authority(&args)?;
        direct::create(&store, args.name.clone(), authority, args.expires_in).await?
    } else {
        let client = Client::new(&args.client)?;
        client.create_token(&request(&args)).await?
    };
    if args.client.json {
        output::print_json(&made)?;
    } else {
        tell(&made);
        output::print(&made.token)?;
    }
    Ok(Exit::Done)
}

/// What is no secret goes to standard error: the token stands alone on standard output.
fn tell(made: &NewTokenInfo) {
    let info = &made.info;
    let (variable, file) = match info.role {
        Some(_) => ("BATON_TOKEN", "--token-file"),
        None => ("BATON_WORKER_TOKEN", "--token-file"),
    };
    let end = info.expires_at.map_or_else(
        || "until it is revoked".to_owned(),
        |end| format!("until {}", end.format("%Y-%m-%d %H:%M UTC")),
    );
    output::tell(&format!(
        "made the token {} for '{}' ({}), good {end}; this is its text, which nobody can read again: \
         keep it in {variable} or a file for {file}",
        info.id,
        info.name,
        allows(info),
    ));
}

fn authority(args: &CreateTokenArgs) -> anyhow::Result<Authority> {
    if let Some(role) = args.role {
        return Ok(Authority::Operator(role));
    }
    let workers = args.worker.clone();
    let workers = workers.ok_or_else(|| anyhow::anyhow!("give --role or --worker"))?;
    Ok(Authority::Worker(WorkerScope {
        workers,
        pools: args.pools.iter().cloned().collect(),
        repositories: args.repositories.clone(),
        run_types: args.run_types.iter().copied().collect(),
    }))
}

fn request(args: &CreateTokenArgs) -> TokenRequest {
    let kind = if args.role.is_some() {
        "operator"
    } else {
        "worker"
    };
    TokenRequest {
        name: args.name.to_string(),
        kind: kind.to_owned(),
        role: args.role.map(|role| role.to_string()),
        worker: args.worker.as_ref().map(ToString::to_string),
        pools: args.pools.iter().map(ToString::to_string).collect(),
        repositories: args.repositories.iter().map(ToString::to_string).collect(),
        run_types: args.run_types.iter().map(ToString::to_string).collect(),
        expires_at: args.expires_in.map(|time| SystemClock.now() + time),
    }
}

/// A token for the one worker of `baton dev`.
pub(in crate::commands) async fn dev_worker(
    store: &Store,
    worker: &WorkerId,
) -> anyhow::Result<String> {
    let name = format!("baton dev's worker '{worker}'").try_into()?;
    let scope = WorkerScope::everything(worker.as_str().parse()?);
    let made = direct::create(store, name, Authority::Worker(scope), None).await?;
    Ok(made.token)
}
