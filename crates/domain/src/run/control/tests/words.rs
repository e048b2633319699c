//! Wishes, words of holders, ids.

use chrono::{DateTime, TimeDelta, Utc};
pub(super) use uuid::Uuid;

pub(super) use crate::{
    control::{
        BudgetKind, HelpEnd, HelpKind, MessageKind, MessageState, PauseCause, PauseMethod,
        PauseMode, ResumeCause, TakeoverEnd,
    },
    failure::{Failure, FailureCode},
    ids::{Attempt, EventSeq, Position, RunId},
    names::{Actor, WorkerId},
    retry::RetryPolicy,
    run::{
        Command, Fact, FactKind, PauseKind, Run, RunEvent, RunState, StateName,
        control::{
            Agent, ControlEvent, ControlWish, Help, Message, MessageStanding, PausePhase,
            PausedSaid, ResumedSaid, Told, Used, WishKind,
        },
    },
};

pub(super) fn wish(n: u128, kind: WishKind) -> FactKind {
    FactKind::Commanded(Command::Control(ControlWish {
        id: uuid(n),
        by: ada(),
        kind,
    }))
}

pub(super) const fn pause() -> WishKind {
    WishKind::Pause {
        mode: PauseMode::Soft,
        note: None,
    }
}

pub(super) fn answer(help: u128) -> WishKind {
    WishKind::AnswerHelp {
        help: uuid(help),
        answer: "yes".to_owned(),
        note: None,
    }
}

pub(super) fn taken(n: u64) -> FactKind {
    FactKind::LeaseTaken {
        attempt: attempt(n),
        worker: worker(),
    }
}

/// Something that `w1` says in the first attempt. Its number is set with the fact's position.
pub(super) fn says(event: RunEvent) -> FactKind {
    said(1, event)
}

pub(super) fn said(n: u64, event: RunEvent) -> FactKind {
    FactKind::Reported {
        worker: worker(),
        attempt: attempt(n),
        seq: EventSeq::new(1).expect("small"),
        event,
    }
}

pub(super) fn control(event: ControlEvent) -> FactKind {
    says(RunEvent::Control(event))
}

pub(super) fn delivered(n: u128) -> FactKind {
    control(ControlEvent::Delivered {
        command: uuid(n),
        refused: None,
    })
}

pub(super) fn refused(n: u128) -> FactKind {
    control(ControlEvent::Delivered {
        command: uuid(n),
        refused: Some("nothing is held".to_owned()),
    })
}

pub(super) fn paused(command: Option<u128>) -> FactKind {
    says(RunEvent::Paused(
        PauseKind::Checkpoint,
        PausedSaid {
            method: Some(PauseMethod::Checkpoint),
            cause: Some(PauseCause::Operator),
            command: command.map(uuid),
            before: Some("exec_command".to_owned()),
            escalated: false,
            resumes_in_ms: Some(60_000),
        },
    ))
}

pub(super) fn paused_by(cause: PauseCause) -> FactKind {
    says(RunEvent::Paused(
        PauseKind::Frozen,
        PausedSaid {
            cause: Some(cause),
            ..PausedSaid::default()
        },
    ))
}

pub(super) fn resumed(cause: ResumeCause) -> FactKind {
    says(RunEvent::Resumed(ResumedSaid {
        cause: Some(cause),
        ..ResumedSaid::default()
    }))
}

pub(super) fn began(n: u128) -> FactKind {
    control(ControlEvent::TakeoverBegan {
        command: uuid(n),
        by: ada(),
        expires_in_seconds: 900,
    })
}

pub(super) fn takeover_over(n: u128, end: TakeoverEnd) -> FactKind {
    control(ControlEvent::TakeoverEnded {
        takeover: uuid(n),
        end,
        command: (end == TakeoverEnd::HandedBack).then(|| uuid(n + 1)),
    })
}

pub(super) fn handed_over(n: u128) -> FactKind {
    control(ControlEvent::MessageDelivered {
        message: uuid(n),
        via: "PreToolUse".to_owned(),
    })
}

pub(super) fn seen(n: u128) -> FactKind {
    control(ControlEvent::MessageSeen(uuid(n)))
}

pub(super) fn dropped(n: u128, command: Option<u128>) -> FactKind {
    control(ControlEvent::MessageDropped {
        message: uuid(n),
        command: command.map(uuid),
        reason: "the agent ended before".to_owned(),
    })
}

pub(super) fn ask(n: u128) -> FactKind {
    control(ControlEvent::HelpNeeded {
        help: uuid(n),
        kind: HelpKind::Question,
    })
}

pub(super) fn closed(n: u128, end: HelpEnd) -> FactKind {
    control(ControlEvent::HelpClosed { help: uuid(n), end })
}

/// A fact at a place, as many seconds after the start of the test; what is said has its number.
pub(super) fn fact(n: u64, mut kind: FactKind) -> Fact {
    if let FactKind::Reported { seq, .. } = &mut kind {
        *seq = EventSeq::new(n).expect("small");
    }
    Fact {
        position: position(n),
        at: at(n),
        kind,
    }
}

pub(super) fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(super) fn ada() -> Actor {
    "ada".to_owned().try_into().expect("an actor")
}

pub(super) fn worker() -> WorkerId {
    "w1".parse().expect("a worker id")
}

pub(super) fn id() -> RunId {
    RunId::from_uuid(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_002a))
}

pub(super) fn at(seconds: u64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds.cast_signed())
}

pub(super) fn attempt(n: u64) -> Attempt {
    Attempt::new(n).expect("an attempt")
}

pub(super) fn position(n: u64) -> Position {
    Position::new(n).expect("a position")
}
