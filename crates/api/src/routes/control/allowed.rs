//! What a run's state allows, as far as history can tell. What history cannot see is for the
//! worker to refuse, on record.

use baton_domain::{BudgetKind, Position, Role, RunId, StateName};
use baton_wire::{
    ControlCommand,
    http::{RunControl, TaskRun},
};

use crate::{
    broker, find,
    identity::{Identity, Need},
    problem::{Answer, Kind, Problem},
    state::App,
};

/// Refuses what would change nothing. A refusal is no hasty one: history has caught up with the run
/// by then, or the wish goes to the worker.
pub(in crate::routes) async fn check(
    app: &App,
    run: RunId,
    asker: &Identity,
    command: &ControlCommand,
) -> Answer<()> {
    match check_now(app, run, asker, command).await {
        Err(problem) if problem.kind() == Kind::Conflict => {
            let last = broker::last_of_run(app.bus(), run).await?;
            let last = last.unwrap_or(Position::START);
            if app.history().position() >= last {
                return Err(problem);
            }
            if !app
                .history()
                .reached_within(last, app.recorder_patience())
                .await
            {
                return Ok(());
            }
            check_now(app, run, asker, command).await
        }
        answer => answer,
    }
}

async fn check_now(
    app: &App,
    run: RunId,
    asker: &Identity,
    command: &ControlCommand,
) -> Answer<()> {
    let run = find::run(app, run).await?.shown(app)?;
    allowed(&run, asker, command)
}

fn allowed(run: &TaskRun, asker: &Identity, command: &ControlCommand) -> Answer<()> {
    let state = run.state;
    match command {
        ControlCommand::Redrive { .. } => redrive(state),
        _ if state.is_terminal() => conflict(format!("the run has ended: it is {state}")),
        ControlCommand::ReleaseLease { .. } => release(state),
        ControlCommand::Pause { .. } => pause(run),
        ControlCommand::Resume { .. } => resume(run),
        ControlCommand::Takeover { .. } => takeover(run),
        ControlCommand::HandBack { .. } => hand_back(&run.control, asker),
        ControlCommand::RaiseBudget { budget, limit, .. } => raise_budget(run, *budget, *limit),
        _ => Ok(()),
    }
}

fn redrive(state: StateName) -> Answer<()> {
    match state {
        StateName::Failed | StateName::DeadLettered => Ok(()),
        _ => conflict(format!(
            "the run is {state}: only a run that failed or was dead-lettered can be tried again"
        )),
    }
}

fn release(state: StateName) -> Answer<()> {
    match state {
        StateName::Running | StateName::Paused => Ok(()),
        _ => conflict(format!(
            "the run is {state}: no worker holds it, so there is no lease to take away"
        )),
    }
}

/// A pause of a paused run is allowed: it may be harder, or shorter.
fn pause(run: &TaskRun) -> Answer<()> {
    not_ending(run)?;
    match &run.control.takeover {
        Some(takeover) => conflict(format!(
            "the run is held already: '{}' has taken it over",
            takeover.by
        )),
        None => Ok(()),
    }
}

/// A takeover that has not begun yet is withdrawn by it.
fn resume(run: &TaskRun) -> Answer<()> {
    let takeover = run.control.takeover.as_ref();
    if let Some(takeover) = takeover.filter(|takeover| takeover.began_at.is_some()) {
        return conflict(format!(
            "'{}' has taken the run over: it goes on when it is handed back (action 'hand_back')",
            takeover.by
        ));
    }
    match &run.control.pause {
        Some(pause) if pause.phase == "resuming" => {
            conflict("the run is told to go on already".to_owned())
        }
        None if run.state != StateName::Paused && takeover.is_none() => {
            conflict("nothing holds the run, and nobody wishes it held".to_owned())
        }
        _ => Ok(()),
    }
}

fn takeover(run: &TaskRun) -> Answer<()> {
    not_ending(run)?;
    if let Some(takeover) = &run.control.takeover {
        return conflict(format!(
            "'{}' has taken the run over already: it must be handed back before",
            takeover.by
        ));
    }
    if run.lease.is_none() {
        let state = run.state;
        return conflict(format!(
            "the run is {state}: no worker holds it, so there is no place to work in; pause it \
             instead, and take it over once it has begun"
        ));
    }
    Ok(())
}

/// Whoever took it over hands it back; an admin may do it for them.
fn hand_back(control: &RunControl, asker: &Identity) -> Answer<()> {
    let Some(takeover) = &control.takeover else {
        return conflict("nobody has taken the run over".to_owned());
    };
    if takeover.by == asker.name || asker.require(Need::Role(Role::Admin)).is_ok() {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Forbidden,
        format!(
            "'{}' has taken the run over: they hand it back, or an admin does",
            takeover.by
        ),
    ))
}

fn raise_budget(run: &TaskRun, budget: BudgetKind, limit: u64) -> Answer<()> {
    match limit_of(run, budget) {
        None => conflict(format!(
            "the run has no budget of {budget}: nothing ends it"
        )),
        Some(present) if present >= limit => conflict(format!(
            "the limit of {budget} is {present} already: a budget only rises"
        )),
        Some(_) => Ok(()),
    }
}

/// The limit in force: that of the present attempt, otherwise the one asked for.
fn limit_of(run: &TaskRun, budget: BudgetKind) -> Option<u64> {
    let budgets = &run.control.budgets;
    if let Some(present) = budgets.iter().find(|one| one.budget == budget) {
        return Some(present.limit);
    }
    let asked = run.request.control.as_ref()?.budgets.as_ref()?;
    match budget {
        BudgetKind::WallSeconds => asked.wall_seconds,
        BudgetKind::Turns => asked.turns,
        BudgetKind::Tokens => asked.tokens,
        BudgetKind::SpendCents => asked.spend_cents,
        BudgetKind::DiffLines => asked.diff_lines,
    }
}

fn not_ending(run: &TaskRun) -> Answer<()> {
    match run.cancel_requested_at {
        Some(_) => conflict("the run is told to end: the end comes before a pause".to_owned()),
        None => Ok(()),
    }
}

fn conflict(detail: String) -> Answer<()> {
    Err(Problem::new(Kind::Conflict, detail))
}

#[cfg(test)]
mod tests;
