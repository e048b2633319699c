//! What is wished of a run and its agent, and what they answer.

use baton_domain::{
    HelpEnd, HelpKind, MessageKind, PauseCause, PauseMethod, PauseMode, RunId, RunType,
    TakeoverEnd, run::PauseKind,
};
use baton_wire::{
    ControlCommand, ControlMessage, Event, Subject,
    event::{
        Delivered, HelpClosed, HelpNeeded, HelpOption, MessageDelivered, MessageSeen, PausedHow,
        ResumedHow, TakeoverBegan, TakeoverOver,
    },
    spec::{BudgetsBody, ControlBody},
};
use uuid::Uuid;

use super::wish;

/// The id of a command, or of a request for help.
pub(crate) fn command(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// A wish under its own id.
pub(crate) fn words_of(run: RunId, n: u128, command: ControlCommand) -> (Subject, ControlMessage) {
    let (subject, mut message) = wish(run, command);
    message.id = self::command(n);
    (subject, message)
}

pub(crate) fn pause(run: RunId, n: u128) -> (Subject, ControlMessage) {
    let command = ControlCommand::Pause {
        mode: PauseMode::Soft,
        deadline_seconds: None,
        resume_after_seconds: None,
        note: Some("to look".to_owned()),
    };
    words_of(run, n, command)
}

pub(crate) fn resume(run: RunId, n: u128) -> (Subject, ControlMessage) {
    words_of(run, n, ControlCommand::Resume { note: None })
}

pub(crate) fn takeover(run: RunId, n: u128) -> (Subject, ControlMessage) {
    let command = ControlCommand::Takeover {
        deadline_seconds: None,
        expires_after_seconds: 900,
        note: None,
    };
    words_of(run, n, command)
}

pub(crate) fn message(run: RunId, n: u128, text: &str) -> (Subject, ControlMessage) {
    let command = ControlCommand::SendMessage {
        kind: MessageKind::Steering,
        text: text.to_owned(),
    };
    words_of(run, n, command)
}

pub(crate) fn answered(run: RunId, n: u128, help: Uuid, answer: &str) -> (Subject, ControlMessage) {
    let command = ControlCommand::AnswerHelp {
        help,
        answer: answer.to_owned(),
        note: None,
    };
    words_of(run, n, command)
}

pub(crate) fn delivered(n: u128) -> Event {
    Event::ControlDelivered(Delivered {
        command: command(n),
        refused: None,
    })
}

pub(crate) fn paused(n: u128) -> Event {
    Event::Paused {
        kind: PauseKind::Checkpoint,
        how: PausedHow {
            method: Some(PauseMethod::Checkpoint),
            cause: Some(PauseCause::Operator),
            command: Some(command(n)),
            before: Some("exec_command".to_owned()),
            escalated: false,
            resumes_in_ms: Some(90_000),
        },
    }
}

pub(crate) fn resumed() -> Event {
    Event::Resumed(ResumedHow::default())
}

/// The takeover that a command wished begins.
pub(crate) fn over(n: u128) -> Event {
    Event::TakeoverBegan(TakeoverBegan {
        command: command(n),
        by: "ada".to_owned().try_into().expect("an actor"),
        expires_in_seconds: 900,
    })
}

/// The takeover that one command wished was handed back by another one.
pub(crate) fn handed_back(takeover: u128, n: u128) -> Event {
    Event::TakeoverEnded(TakeoverOver {
        takeover: command(takeover),
        end: TakeoverEnd::HandedBack,
        command: Some(command(n)),
        summary: Some("pinned the driver".to_owned()),
        files: 1,
        insertions: 1,
        deletions: 0,
        commands: 2,
        artifact: None,
    })
}

pub(crate) fn handed_over(n: u128) -> Event {
    Event::MessageDelivered(MessageDelivered {
        message: command(n),
        via: "PreToolUse".to_owned(),
        takeover: None,
    })
}

pub(crate) fn seen(n: u128) -> Event {
    Event::MessageSeen(MessageSeen {
        message: command(n),
        takeover: None,
    })
}

pub(crate) fn asked(n: u128) -> Event {
    asked_by(command(n))
}

pub(crate) fn asked_by(help: Uuid) -> Event {
    let option = |answer: &str| HelpOption {
        answer: answer.to_owned(),
        label: answer.to_owned(),
    };
    Event::OperatorNeeded(HelpNeeded {
        help,
        kind: HelpKind::Permission,
        question: "may I?".to_owned(),
        detail: Some("exec_command".to_owned()),
        options: vec![option("deny"), option("allow")],
        free_text: false,
        blocking: true,
    })
}

pub(crate) fn not_needed(n: u128, by: u128) -> Event {
    Event::OperatorNotNeeded(HelpClosed {
        help: command(n),
        end: HelpEnd::Answered,
        command: Some(command(by)),
    })
}

/// An agent of this model runs.
pub(crate) fn began(model: &str) -> Event {
    Event::AgentStarted {
        agent: RunType::CodexExec,
        model: Some(model.to_owned()),
        effort: None,
        mode: Some("exec".to_owned()),
        sandbox: None,
        approvals: None,
        capabilities: None,
    }
}

/// Attempts that may use so many tokens.
pub(crate) fn tokens(tokens: u64) -> ControlBody {
    ControlBody {
        pause_before: Vec::new(),
        budgets: Some(BudgetsBody {
            tokens: Some(tokens),
            ..BudgetsBody::default()
        }),
    }
}
