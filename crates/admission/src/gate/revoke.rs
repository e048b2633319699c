//! Ends the connections of workers whose tokens are no longer good: at once when a token changes,
//! and whenever something may have been missed.

use std::{collections::HashMap, time::Duration};

use baton_bus::{
    Connected, Connection,
    access::{WORKERS_ACCOUNT, parse_worker_login},
};
use baton_store::accounts::{self, AccountsChange, AccountsFeed};
use futures::StreamExt as _;
use tokio::time::sleep;
use uuid::Uuid;

use super::GateDeps;

/// How long to wait before looking again when a look failed.
const AGAIN: Duration = Duration::from_secs(1);

/// Watches for as long as it is polled.
pub(super) async fn watch(deps: &GateDeps) {
    let mut feed = AccountsFeed::new(&deps.store);
    let mut connection = deps.system.connection();
    loop {
        let changed = tokio::select! {
            change = feed.next() => change,
            changed = connection.changed() => {
                if changed.is_err() {
                    return std::future::pending().await;
                }
                AccountsChange::Anything
            }
        };
        let only = match changed {
            AccountsChange::Token(id) => Some(id),
            AccountsChange::Anything => None,
            AccountsChange::SignIn(_) => continue,
        };
        while let Err(error) = look(deps, only).await {
            tracing::warn!(%error, "failed to look for connections to end; trying again");
            sleep(AGAIN).await;
        }
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Looks at every worker's connection, or at those by one token.
async fn look(deps: &GateDeps, only: Option<Uuid>) -> Result<(), Failed> {
    if *deps.system.connection().borrow() == Connection::Down {
        // What is connected when it is back is looked at then.
        return Ok(());
    }
    let mut good: HashMap<Option<Uuid>, bool> = HashMap::new();
    let servers = deps.system.connected(WORKERS_ACCOUNT).await?;
    let mut servers = std::pin::pin!(servers);
    let mut answered = false;
    while let Some(listed) = servers.next().await {
        answered = true;
        end_bad(deps, only, &mut good, listed?).await?;
    }
    if answered {
        Ok(())
    } else {
        Err("no server says who is connected".into())
    }
}

/// Ends those connections whose tokens are not good.
async fn end_bad(
    deps: &GateDeps,
    only: Option<Uuid>,
    good: &mut HashMap<Option<Uuid>, bool>,
    listed: Vec<Connected>,
) -> Result<(), Failed> {
    for connected in listed {
        let token = parse_worker_login(&connected.login).map(|(_, token)| token);
        if only.is_some() && token != only {
            continue;
        }
        let is_good = match good.get(&token) {
            Some(known) => *known,
            None => is_good(deps, token).await?,
        };
        good.insert(token, is_good);
        if !is_good {
            deps.system.kick(&connected).await?;
            tracing::warn!(
                worker = connected.login,
                "ended a worker's connection: its token is no longer good"
            );
        }
    }
    Ok(())
}

async fn is_good(deps: &GateDeps, token: Option<Uuid>) -> Result<bool, baton_store::StoreError> {
    let Some(token) = token else {
        return Ok(false);
    };
    let found = accounts::get(&deps.store, token).await?;
    let now = deps.clock.now();
    Ok(found.is_some_and(|token| token.refused_at(now).is_none()))
}
