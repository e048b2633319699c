//! `baton worker`, and the worker of `baton dev`.

mod claude;
mod id;
mod options;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use baton_domain::SystemClock;
use baton_worker::{
    Ending, Mode, OnStop, PreflightError, WhenDrained, WorkerOptions, WorkerToken, preflight,
};

pub(super) use self::options::{Place, options};
use super::connect;
use crate::{
    args::{StopWish, WorkArgs, WorkerArgs},
    config,
    exit::Exit,
    lifecycle,
};

pub(super) async fn run(args: WorkerArgs) -> anyhow::Result<Exit> {
    lifecycle::supervised(|shutdown| async move {
        let state_dir = config::state_dir(args.state_dir.as_deref(), "worker")?;
        let token = config::worker_token(&args)?.map(WorkerToken::new);
        let worker = match args.id {
            Some(id) => id,
            None => id::kept_in(&state_dir)
                .context("name another state folder with --state-dir (BATON_WORKER_STATE_DIR)")?,
        };
        let place = Place {
            worker,
            state_dir,
            token,
            api_url: args.api_url,
            pools: args.pools.into_iter().collect(),
            drain_deadline: Duration::from_secs(args.drain_seconds.into()),
            mode: if args.once {
                let wait = Duration::from_secs(args.wait_seconds.into());
                Mode::Once { wait }
            } else {
                Mode::Serve
            },
        };
        let mut options = options(place, &args.work)?;
        options.on_stop = match args.on_stop {
            StopWish::Finish => OnStop::Finish,
            StopWish::Leave => OnStop::Leave,
        };
        if args.exit_when_drained {
            options.when_drained = WhenDrained::Leave;
        }
        let shown = options.token.as_ref().map(WorkerToken::reveal);
        let bus = connect::worker_bus(&args.bus, &options.worker, shown, &shutdown.soft).await?;
        let clock = Arc::new(SystemClock);
        let mode = options.mode;
        let ending = baton_worker::run(bus, options, clock, shutdown.soft, shutdown.hard).await?;
        Ok(exit(mode, ending))
    })
    .await
}

/// A worker that was started for one run tells by its exit how that went; one that serves has
/// told the broker.
const fn exit(mode: Mode, ending: Ending) -> Exit {
    match (mode, ending) {
        (Mode::Serve, _) | (Mode::Once { .. }, Ending::Succeeded) => Exit::Done,
        (Mode::Once { .. }, Ending::Failed | Ending::GivenUp) => Exit::Failed,
        (Mode::Once { .. }, Ending::Cancelled) => Exit::Cancelled,
        (Mode::Once { .. }, Ending::Idle) => Exit::Idle,
    }
}

/// The options after a look at the machine. A worker that was not told what to do does what it
/// can, and says what it cannot; one that was told refuses to start without it.
pub(super) async fn checked(
    mut options: WorkerOptions,
    args: &WorkArgs,
) -> Result<(WorkerOptions, Vec<String>), PreflightError> {
    let mut lacks = Vec::new();
    loop {
        let Err(error) = preflight(&options).await else {
            return Ok((options, lacks));
        };
        match error.lack() {
            Some((run_type, why)) if args.run_types.is_empty() => {
                lacks.push(format!(
                    "this worker does no runs of type {run_type}: {why}"
                ));
                options.run_types.remove(&run_type);
            }
            _ => return Err(error),
        }
    }
}
