//! What a worker before this one left in the state folder. Attempts that can go on are taken up
//! where they are, first of all and without asking anybody, so that they are beaten for in time.
//! Of the rest, what it had to say is said, and what it held is given back.

use std::sync::Arc;

use baton_terminal::{Gone, left_behind};
use futures::future::join_all;

use crate::{
    attempt::{Attempt, Shop},
    lease::Stepped,
    process::mark,
    report::{Outgoing, SendEnd, Spool, send_all},
    session,
    stop::Stop,
    workspace::{self, State, Workspace},
};

/// An unfinished attempt.
#[derive(Debug)]
pub(crate) enum Left {
    /// It goes on.
    Adopted(Box<Adopted>),
    /// It has ended, or cannot go on.
    Over(Workspace, State),
}

/// An attempt that goes on.
#[derive(Debug)]
pub(crate) struct Adopted {
    pub(crate) attempt: Attempt,
    pub(crate) spool: Spool,
    pub(crate) stop: Stop,
}

/// Everything unfinished; agents that live are attached to.
pub(crate) async fn find(shop: &Arc<Shop>) -> Vec<Left> {
    let unfinished = workspace::unfinished(&shop.options.state_dir);
    join_all(unfinished.into_iter().map(|(w, s)| take_up(shop, w, s))).await
}

async fn take_up(shop: &Arc<Shop>, workspace: Workspace, state: State) -> Left {
    let (run, number) = (state.run, state.attempt);
    session::end_left(&workspace, &state).await;
    let stop = Stop::new();
    let adopted = Attempt::adopt(shop.clone(), workspace.clone(), state.clone(), stop.clone());
    match adopted.await {
        Ok(Some((attempt, spool))) => {
            tracing::info!(%run, attempt = %number, "took an attempt up again");
            let adopted = Adopted {
                attempt,
                spool,
                stop,
            };
            return Left::Adopted(Box::new(adopted));
        }
        Ok(None) => {
            tracing::info!(%run, attempt = %number, "found an attempt that cannot go on");
        }
        Err(error) => {
            tracing::warn!(%run, attempt = %number, %error, "failed to take an attempt up again");
        }
    }
    Left::Over(workspace, state)
}

/// Ends what is left of an attempt that cannot go on.
pub(crate) async fn settle(shop: &Shop, workspace: Workspace, state: State) {
    let family = left_behind(&workspace.host(), mark(state.run, state.attempt));
    if family.end(|_| ()).await == Gone::NotAll {
        tracing::error!(run = %state.run, "something that an attempt has started cannot be killed");
    }
    if let Some(cgroup) = &family.cgroup {
        cgroup.remove();
    }
    if !is_settled(shop, &workspace, &state).await {
        return;
    }
    workspace.forget_host();
    let over = State {
        over: true,
        ..state.clone()
    };
    if let Err(error) = workspace.write_state(&over) {
        tracing::warn!(run = %state.run, %error, "failed to note the end of an attempt");
    }
}

/// Whether nothing of the attempt is left to be said or given back.
async fn is_settled(shop: &Shop, workspace: &Workspace, state: &State) -> bool {
    let out = Outgoing {
        bus: shop.bus.clone(),
        run: state.run,
        attempt: state.attempt,
        // The one that held it, should the name have changed.
        worker: state.worker.clone(),
        fence: state.fence(),
        give_up: shop.hard.clone(),
    };
    match finish_report(&out, workspace).await {
        Ok(Spoken::ToTheEnd) | Err(SendEnd::Fenced) => true,
        Ok(Spoken::Partly) => release(shop, state).await,
        Err(error) => {
            tracing::warn!(run = %state.run, %error, "failed to report what was left to say");
            release(shop, state).await
        }
    }
}

enum Spoken {
    ToTheEnd,
    Partly,
}

async fn finish_report(out: &Outgoing, workspace: &Workspace) -> Result<Spoken, SendEnd> {
    let mut spool = Spool::open(&workspace.spool())?;
    send_all(out, &mut spool).await?;
    if spool.is_concluded()? {
        Ok(Spoken::ToTheEnd)
    } else {
        Ok(Spoken::Partly)
    }
}

async fn release(shop: &Shop, state: &State) -> bool {
    let reason = "the worker was started again, and the agent is gone";
    let released = shop
        .leases
        .release(state.run, state.attempt, state.lease_position, reason)
        .await;
    match released {
        Stepped::Done(_) | Stepped::Fenced => true,
        Stepped::Unclear(error) => {
            tracing::warn!(run = %state.run, %error, "failed to give the run back");
            false
        }
    }
}
