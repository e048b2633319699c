//! What a worker before this one left in the state folder: its agents are ended, what it had to
//! say is said, and what it held is given back, so that the next attempt starts at once.

use baton_bus::Bus;
use tokio_util::sync::CancellationToken;

use crate::{
    lease::{Leases, Stepped},
    options::WorkerOptions,
    process::{Family, Mark, start_ticks},
    report::{Outgoing, SendEnd, Spool, send_all},
    workspace::{self, State, Workspace},
};

/// Ends what was left unfinished.
pub(crate) async fn recover(
    bus: &Bus,
    options: &WorkerOptions,
    leases: &Leases,
    hard: &CancellationToken,
) {
    for (workspace, state) in workspace::unfinished(&options.state_dir) {
        tracing::info!(run = %state.run, attempt = %state.attempt, "found an attempt of a worker before this one");
        end_agent(&state).await;
        if is_settled(bus, leases, &workspace, &state, hard).await {
            let over = State {
                over: true,
                agent: None,
                ..state.clone()
            };
            if let Err(error) = workspace.write_state(&over) {
                tracing::warn!(run = %state.run, %error, "failed to note the end of an attempt");
            }
        }
    }
}

/// Ends the attempt's processes, and no others: a pid alone may be somebody else's by now.
async fn end_agent(state: &State) {
    let ours = state
        .agent
        .filter(|agent| start_ticks(agent.pid) == Some(agent.start_ticks));
    let family = Family {
        group: ours.map(|agent| agent.pid),
        mark: Some(Mark {
            run: state.run,
            attempt: state.attempt,
        }),
    };
    family.end().await;
}

/// Whether nothing of the attempt is left to be said or given back.
async fn is_settled(
    bus: &Bus,
    leases: &Leases,
    workspace: &Workspace,
    state: &State,
    hard: &CancellationToken,
) -> bool {
    let out = Outgoing {
        bus: bus.clone(),
        run: state.run,
        attempt: state.attempt,
        // The one that held it, should the name have changed.
        worker: state.worker.clone(),
        fence: state.fence(),
        give_up: hard.clone(),
    };
    match finish_report(&out, workspace).await {
        Ok(Spoken::ToTheEnd) | Err(SendEnd::Fenced) => true,
        Ok(Spoken::Partly) => release(leases, state).await,
        Err(error) => {
            tracing::warn!(run = %state.run, %error, "failed to report what was left to say");
            release(leases, state).await
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

async fn release(leases: &Leases, state: &State) -> bool {
    let reason = "the worker was started again";
    let released = leases
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
