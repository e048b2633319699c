//! What holds a run, what its agent is told and what it asks of people, as the API shows it.

use baton_domain::{
    BudgetKind, Run,
    run::control::{self, Delivery, Message, MessageStanding, Pause},
};
use baton_store::{StoredHelp, StoredMessage};
use baton_wire::{
    event::HelpOption,
    http::{
        AgentInfo, BudgetInfo, HandBackInfo, HelpRequest, OperatorMessage, PauseInfo, RunControl,
        TakeoverInfo,
    },
};
use chrono::{DateTime, Utc};

/// The control of a run.
pub(crate) fn run_control(run: &Run, now: DateTime<Utc>) -> RunControl {
    let control = run.control.as_ref();
    RunControl {
        pause: control.pause.as_ref().map(pause),
        takeover: control.takeover.as_ref().map(takeover),
        hand_back: control.hand_backs.last().map(hand_back),
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

fn hand_back(back: &control::HandBack) -> HandBackInfo {
    let told = Told::of(&back.message);
    HandBackInfo {
        command: back.message.id,
        takeover: back.takeover,
        by: back.by.clone(),
        handed_back_at: back.at,
        state: back.message.state(),
        delivered_at: told.delivery.map(|it| it.at),
        via: told.delivery.map(|it| it.via.clone()),
        seen_at: told.seen_at,
        ended_at: told.ended_at,
        reason: told.reason.map(str::to_owned),
    }
}

/// What is known of a message in whatever state it is.
#[derive(Default)]
struct Told<'a> {
    delivery: Option<&'a Delivery>,
    seen_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    reason: Option<&'a str>,
}

impl<'a> Told<'a> {
    fn of(message: &'a Message) -> Self {
        let mut told = Self::default();
        match &message.standing {
            MessageStanding::Queued { .. } => {}
            MessageStanding::Delivered(delivery) => told.delivery = Some(delivery),
            MessageStanding::Seen { delivery, at } => {
                (told.delivery, told.seen_at) = (Some(delivery), Some(*at));
            }
            MessageStanding::Cancelled { at, reason } => {
                (told.ended_at, told.reason) = (Some(*at), reason.as_deref());
            }
            MessageStanding::Undelivered { at, reason } => {
                (told.ended_at, told.reason) = (Some(*at), Some(reason.as_str()));
            }
        }
        told
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
    let told = Told::of(&message);
    OperatorMessage {
        id: message.id,
        task_run_id: stored.run,
        actor: stored.actor,
        kind: message.kind,
        message: stored.text,
        state: message.state(),
        created_at: stored.created_at,
        delivered_at: told.delivery.map(|it| it.at),
        via: told.delivery.map(|it| it.via.clone()),
        seen_at: told.seen_at,
        ended_at: told.ended_at,
        reason: told.reason.map(str::to_owned),
        attempt: told.delivery.map(|it| it.attempt.get()),
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
