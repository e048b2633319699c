//! `baton dev`: everything on one machine, in one process and two children.

mod accounts;
mod house;
mod parts;
mod servers;
mod state;

use std::{pin::pin, time::Duration};

use anyhow::anyhow;
use tokio_util::sync::CancellationToken;

use self::{house::House, servers::Servers, state::State};
use crate::{
    args::DevArgs,
    config,
    exit::Exit,
    lifecycle::{self, Shutdown},
    output,
};

/// How long the roles may take to stop, after the time that runs have to finish.
const OVERTIME: Duration = Duration::from_secs(10);

pub(super) async fn run(args: DevArgs) -> anyhow::Result<Exit> {
    lifecycle::supervised(|shutdown| live(args, shutdown)).await
}

async fn live(args: DevArgs, shutdown: Shutdown) -> anyhow::Result<Exit> {
    let state = State::take(&config::state_dir(args.state.as_deref(), "dev")?)?;
    let mut servers = tokio::select! {
        started = Servers::start(&args.programs, &state) => started?,
        () = shutdown.soft.cancelled() => return Ok(Exit::Done),
    };
    let ended = with_servers(&args, &state, &servers, &shutdown).await;
    servers.stop().await;
    ended
}

async fn with_servers(
    args: &DevArgs,
    state: &State,
    servers: &Servers,
    shutdown: &Shutdown,
) -> anyhow::Result<Exit> {
    let house = tokio::select! {
        house = House::open(args, state, servers, shutdown.hard.clone()) => house,
        ended = servers.ended() => Err(anyhow!(ended)),
        () = shutdown.soft.cancelled() => return Ok(Exit::Done),
    };
    let mut house = house?;
    greet(&house)?;
    tokio::select! {
        died = house.died() => output::tell(&format!("error: {died}; stopping")),
        ended = servers.ended() => {
            output::tell(&format!("error: {ended}; stopping"));
            // Nothing can be handed back or recorded any more.
            shutdown.hard.cancel();
        }
        () = shutdown.soft.cancelled() => {
            let patience = args.drain_seconds;
            output::tell(&format!(
                "stopping: runs may finish within {patience} s, then they are handed back; \
                 Ctrl-C again leaves at once"
            ));
            close(house, args, &shutdown.hard).await;
            return Ok(Exit::Done);
        }
    }
    close(house, args, &shutdown.hard).await;
    Ok(Exit::Failed)
}

/// Stops the roles in order; those that take far too long are told to leave at once.
async fn close(mut house: House, args: &DevArgs, hard: &CancellationToken) {
    let patience = Duration::from_secs(args.drain_seconds.into()) + OVERTIME;
    let mut closing = pin!(house.close());
    if tokio::time::timeout(patience, &mut closing).await.is_err() {
        hard.cancel();
        closing.await;
    }
}

fn greet(house: &House) -> anyhow::Result<()> {
    for lack in &house.lacks {
        output::tell(lack);
    }
    Ok(output::print(&format!("Baton is ready: {}", house.url))?)
}
