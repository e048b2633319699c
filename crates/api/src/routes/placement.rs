//! Why a run has not started.

use axum::{Json, extract::State};
use baton_domain::{
    Drain, Position, RunSpec, StateName, WorkerScope,
    placement::{self, Candidate, Placement, Waiting},
};
use baton_store::accounts::{Authority, Token};
use baton_wire::http::{PlacementInfo, QueuePlace, TaskRun, WorkerVerdict};

use crate::{
    extract::{Pairs, RunPath},
    find::{self, Found},
    problem::{Answer, Reading},
    state::App,
};

/// Tells why a run has not started
///
/// Every worker heard of within the last minute, with the first rule that keeps it from the run, and
/// what would have to change. For a run that is not queued, its state says why there is nothing to
/// explain: it is held, its next attempt is due later, or it has ended.
#[utoipa::path(
    get,
    path = "/api/task-runs/{id}/placement",
    operation_id = "getPlacement",
    tag = "runs",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    responses((status = 200, description = "Why it has not started", body = PlacementInfo), Reading),
)]
pub(crate) async fn placement(
    State(app): State<App>,
    RunPath(run): RunPath,
    query: Pairs,
) -> Answer<Json<PlacementInfo>> {
    query.finish()?;
    let run = match find::run(&app, run).await? {
        Found::Recorded(stored) => app.show(*stored)?,
        Found::Offered(run) => *run,
    };
    if run.state == StateName::Queued {
        return queued(&app, &run).await.map(Json);
    }
    let advice = match (run.due_at, run.state) {
        (Some(due), _) => vec![format!(
            "wait: its next attempt is due at {}",
            due.to_rfc3339()
        )],
        (None, StateName::Failed | StateName::DeadLettered) => {
            vec!["it has ended: redrive it to try it again".to_owned()]
        }
        _ => Vec::new(),
    };
    Ok(Json(PlacementInfo {
        state: run.state,
        queue: None,
        due_at: run.due_at,
        held_by: run.lease.map(|lease| lease.worker),
        workers: Vec::new(),
        advice,
    }))
}

async fn queued(app: &App, run: &TaskRun) -> Answer<PlacementInfo> {
    let spec = RunSpec::try_from(&run.request)?;
    let waiting = Waiting {
        route: spec.route(),
        priority: spec.priority,
        repository: spec.checkout.map(|it| it.repository.as_str().to_owned()),
    };
    let position = Position::new(run.position).unwrap_or(Position::START);
    let history = app.history();
    let rivals = history
        .rivals(&waiting.route, waiting.priority, position)
        .await?;
    let now = app.clock().now();
    let drains = history.drains().await?.into_iter().map(|it| it.drain);
    let drains: Vec<Drain> = drains.filter(|drain| drain.is_in_force(now)).collect();
    let tokens = history.tokens().await?;
    let good: Vec<&WorkerScope> = tokens
        .iter()
        .filter(|token| token.refused_at(now).is_none())
        .filter_map(scope)
        .collect();
    let mut workers = app.beats().candidates();
    for worker in &mut workers {
        permit(worker, &good);
    }
    let told = placement::explain(&waiting, &workers, &drains, &rivals);
    Ok(shown_as(&waiting, told))
}

fn scope(token: &Token) -> Option<&WorkerScope> {
    match &token.authority {
        Authority::Worker(scope) => Some(scope),
        Authority::Operator(_) => None,
    }
}

/// What the tokens that a worker of this name may use allow.
fn permit(worker: &mut Candidate, tokens: &[&WorkerScope]) {
    let own = tokens.iter().filter(|it| it.allows_worker(&worker.worker));
    worker.permitted = own.map(|scope| (*scope).clone()).collect();
}

fn shown_as(waiting: &Waiting, told: Placement) -> PlacementInfo {
    PlacementInfo {
        state: StateName::Queued,
        queue: Some(QueuePlace {
            route: waiting.route.to_string(),
            priority: waiting.priority.to_string(),
            position: told.ahead + 1,
            ahead: told.ahead,
        }),
        due_at: None,
        held_by: None,
        workers: told
            .workers
            .into_iter()
            .map(|verdict| WorkerVerdict {
                worker: verdict.worker,
                verdict: verdict.rule,
                detail: verdict.detail,
            })
            .collect(),
        advice: told.advice,
    }
}
