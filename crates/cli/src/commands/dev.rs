//! `baton dev`: everything on one machine, in one process and two children.

mod house;
mod parts;
mod servers;
mod state;

use anyhow::anyhow;

use self::{house::House, servers::Servers, state::State};
use crate::{
    args::DevArgs,
    config,
    exit::Exit,
    lifecycle::{self, Shutdown},
    output,
};

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
    let died = tokio::select! {
        died = house.died() => Some(died),
        ended = servers.ended() => Some(ended),
        () = shutdown.soft.cancelled() => None,
    };
    match &died {
        Some(why) => output::tell(&format!("error: {why}; stopping")),
        None => output::tell("stopping; Ctrl-C again leaves at once"),
    }
    house.close().await;
    Ok(died.map_or(Exit::Done, |_| Exit::Failed))
}

fn greet(house: &House) -> anyhow::Result<()> {
    for lack in &house.lacks {
        output::tell(lack);
    }
    Ok(output::print(&format!("Baton is ready: {}", house.url))?)
}
