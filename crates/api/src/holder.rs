//! Who holds an attempt: only that worker may bring its files.

use baton_domain::{Attempt, RunId, RunState, WorkerId};
use baton_wire::LeaseStep;

use crate::{
    broker,
    identity::Identity,
    problem::{Answer, Kind, Problem},
    state::App,
};

/// Refuses a worker that does not hold this attempt. History decides, once it has caught up with
/// the run's lease; while it cannot, the broker's last word counts.
pub(crate) async fn check(app: &App, asker: &Identity, run: RunId, attempt: Attempt) -> Answer<()> {
    match holder(app, run, attempt).await? {
        Some(worker)
            if asker
                .scope()
                .is_some_and(|scope| scope.allows_worker(&worker)) =>
        {
            Ok(())
        }
        Some(worker) => Err(Problem::new(
            Kind::Forbidden,
            format!(
                "attempt {attempt} is held by the worker '{worker}', whose token '{}' is not",
                asker.name
            ),
        )),
        None => Err(Problem::new(
            Kind::Conflict,
            format!("no worker holds attempt {attempt}: it is over, or was not taken yet"),
        )),
    }
}

async fn holder(app: &App, run: RunId, attempt: Attempt) -> Answer<Option<WorkerId>> {
    let Some((lease, position)) = broker::last_lease(app.bus(), run).await? else {
        return Ok(None);
    };
    let history = app.history();
    if history
        .reached_within(position, app.recorder_patience())
        .await
        && let Ok(Some(stored)) = history.run(run).await
    {
        let state = stored.record.run.state;
        return Ok(match state {
            RunState::Running { lease, .. } | RunState::Paused { lease, .. } => {
                (lease.attempt == attempt).then_some(lease.worker)
            }
            _ => None,
        });
    }
    let is_held = lease.step == LeaseStep::Taken && lease.attempt == attempt;
    Ok(is_held.then_some(lease.worker))
}
