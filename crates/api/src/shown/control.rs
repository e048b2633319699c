//! What holds a run, what its agent is told and what it asks of people, as the API shows it.

use baton_domain::{
    BudgetKind, Run,
    run::control::{self, MessageStanding, Pause},
};
use baton_store::{StoredHelp, StoredMessage};
use baton_wire::{
    event::HelpOption,
    http::{
        AgentInfo, BudgetInfo, HelpRequest, OperatorMessage, PauseInfo, RunControl, TakeoverInfo,
    },
};
use chrono::{DateTime, Utc};

/// The control of a run.
pub(crate) fn run_control(run: &Run, now: DateTime<Utc>) -> RunControl {
    let control = run.control.as_ref();
    RunControl {
        pause: control.pause.as_ref().map(pause),
        takeover: control.takeover.as_ref().map(takeover),
        paused_ms: control.paused_ms,
        pending_messages: small(control.pending_messages()),
        open_help_requests: small(control.help.len()),
        agent: control.agent.as_ref().map(agent),
        budgets: budgets(run, now),
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn pause(pause: &Pause) -> PauseInfo {
    let standing = pause.standing.as_ref();
    PauseInfo {
        phase: pause.phase().as_str().to_owned(),
        command: pause.command,
        by: pause.by.clone(),
        cause: pause.cause,
        mode: pause.mode,
        note: pause.note.clone(),
        requested_at: pause.requested_at,
        delivered_at: pause.delivered_at,
        effective_at: standing.map(|it| it.since),
        method: standing.and_then(|it| it.method),
        before: standing.and_then(|it| it.before.clone()),
        escalated: standing.is_some_and(|it| it.escalated),
        resumes_at: standing.and_then(|it| it.resumes_at),
    }
}

fn takeover(takeover: &control::Takeover) -> TakeoverInfo {
    TakeoverInfo {
        command: takeover.command,
        by: takeover.by.clone(),
        note: takeover.note.clone(),
        requested_at: takeover.requested_at,
        began_at: takeover.began.map(|began| began.at),
        expires_at: takeover.began.map(|began| began.expires_at),
    }
}

fn agent(agent: &control::Agent) -> AgentInfo {
    AgentInfo {
        mode: agent.mode.clone(),
        model: agent.model.clone(),
        effort: agent.effort.clone(),
        sandbox: agent.sandbox.clone(),
        approvals: agent.approvals.clone(),
        capabilities: agent.capabilities.into(),
    }
}

/// Nobody tells of every second: while the attempt lasts, its wall time is that of the record.
fn budgets(run: &Run, now: DateTime<Utc>) -> Vec<BudgetInfo> {
    let worked = run.worked(now).map_or(0, |worked| worked.num_seconds());
    let worked = u64::try_from(worked).unwrap_or(0);
    let budgets = run.control.budgets.iter();
    budgets
        .map(|(kind, it)| BudgetInfo {
            budget: *kind,
            limit: it.limit,
            used: match kind {
                BudgetKind::WallSeconds if !it.reached => it.used.max(worked.min(it.limit)),
                _ => it.used,
            },
            reached: it.reached,
        })
        .collect()
}

/// A message to a run's agent.
pub(crate) fn message(stored: StoredMessage) -> OperatorMessage {
    let message = stored.message;
    let delivery = match &message.standing {
        MessageStanding::Delivered(delivery) | MessageStanding::Seen { delivery, .. } => {
            Some(delivery)
        }
        _ => None,
    };
    let (ended_at, reason) = match &message.standing {
        MessageStanding::Cancelled { at, reason } => (Some(*at), reason.clone()),
        MessageStanding::Undelivered { at, reason } => (Some(*at), Some(reason.clone())),
        _ => (None, None),
    };
    OperatorMessage {
        id: message.id,
        task_run_id: stored.run,
        actor: stored.actor,
        kind: message.kind,
        message: stored.text,
        state: message.state(),
        created_at: stored.created_at,
        delivered_at: delivery.map(|it| it.at),
        via: delivery.map(|it| it.via.clone()),
        seen_at: match &message.standing {
            MessageStanding::Seen { at, .. } => Some(*at),
            _ => None,
        },
        ended_at,
        reason,
        attempt: delivery.map(|it| it.attempt.get()),
    }
}

/// A request for a person.
pub(crate) fn help(stored: StoredHelp) -> HelpRequest {
    let StoredHelp {
        run_title, asked, ..
    } = stored;
    let help = asked.help;
    let over = help.over;
    let answer = help.answer;
    let options = asked.options.into_iter();
    HelpRequest {
        id: help.id,
        task_run_id: asked.run,
        run_title,
        attempt: help.attempt.get(),
        worker_id: help.worker.map(|worker| worker.to_string()),
        kind: help.kind,
        question: asked.question,
        detail: asked.detail,
        options: options
            .map(|it| HelpOption {
                answer: it.answer,
                label: it.label,
            })
            .collect(),
        free_text: asked.free_text,
        blocking: asked.blocking,
        state: over.map_or("open", |over| over.end.as_str()).to_owned(),
        opened_at: help.opened_at,
        answered_at: answer.as_ref().map(|it| it.at),
        closed_at: over.map(|over| over.at),
        end: over.map(|over| over.end),
        answer: answer.as_ref().map(|it| it.answer.clone()),
        note: answer.as_ref().and_then(|it| it.note.clone()),
        answered_by: answer.map(|it| it.by),
    }
}
