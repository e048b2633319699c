//! Finding a run: in history, or at the broker while the recorder has not seen it.

use baton_domain::{Attempt, RunId, RunSpec};
use baton_store::StoredRun;
use baton_wire::http::TaskRun;

use crate::{
    broker,
    problem::{Answer, Kind, Problem},
    shown,
    state::App,
};

/// A run, as far as it is known.
pub(crate) enum Found {
    /// History has it.
    Recorded(Box<StoredRun>),
    /// The broker has its offer.
    Offered(Box<TaskRun>),
}

impl Found {
    /// The run as it is shown.
    pub(crate) fn shown(self, app: &App) -> Answer<TaskRun> {
        match self {
            Self::Recorded(stored) => app.show(*stored),
            Self::Offered(run) => Ok(*run),
        }
    }
}

/// The run, or `not-found`; `history-unavailable` while history cannot be read.
pub(crate) async fn run(app: &App, run: RunId) -> Answer<Found> {
    match app.history().run(run).await? {
        Some(stored) => Ok(Found::Recorded(Box::new(stored))),
        None => offered(app, run).await,
    }
}

async fn offered(app: &App, run: RunId) -> Answer<Found> {
    let (offer, position) = broker::last_offer(app.bus(), run)
        .await?
        .ok_or_else(|| Problem::not_found("run", &run.to_string()))?;
    let spec = RunSpec::try_from(&offer.spec)?;
    Ok(Found::Offered(Box::new(shown::offered(
        offer, &spec, position,
    ))))
}

/// Makes sure that the run exists, by the broker's word while history cannot be read.
pub(crate) async fn known(app: &App, id: RunId) -> Answer<()> {
    match run(app, id).await {
        Ok(_) => Ok(()),
        Err(problem) if problem.kind() == Kind::HistoryUnavailable => {
            offered(app, id).await.map(|_| ())
        }
        Err(problem) => Err(problem),
    }
}

/// Makes sure that the attempt began, as far as history can tell: a worker that is ahead of the
/// recorder must not be turned away.
pub(crate) async fn attempt(app: &App, id: RunId, attempt: Attempt) -> Answer<()> {
    let begun = match run(app, id).await {
        Ok(Found::Recorded(stored)) => stored.record.run.attempt,
        // Behind: the offer says at least which attempt was put before the fleet.
        Ok(Found::Offered(run)) => Attempt::new(run.attempt.into()).unwrap_or(Attempt::FIRST),
        Err(problem) if problem.kind() == Kind::HistoryUnavailable => {
            let offer = broker::last_offer(app.bus(), id).await?;
            let (offer, _) = offer.ok_or_else(|| Problem::not_found("run", &id.to_string()))?;
            offer.attempt
        }
        Err(problem) => return Err(problem),
    };
    if attempt <= begun {
        return Ok(());
    }
    // The next attempt may have been offered a moment ago.
    let offer = broker::last_offer(app.bus(), id).await?;
    if offer.is_some_and(|(offer, _)| attempt <= offer.attempt) {
        return Ok(());
    }
    Err(Problem::not_found("attempt", &attempt.to_string()))
}
