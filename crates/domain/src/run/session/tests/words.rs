//! Sessions in the states of the table, the facts of its rows, and words of holders.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub(super) use super::super::*;
pub(super) use crate::{
    failure::{Failure, FailureCode},
    ids::{EventSeq, Position, RunId},
    retry::RetryPolicy,
    run::{Command, Fact, FactKind, Lease, Run, RunEvent, RunState},
    session::SessionStatus,
};

pub(super) fn told(run: Run, n: u64, kind: FactKind) -> Run {
    let name = kind.name();
    let mut fact = fact(n, kind);
    fact.at = at(i64::try_from(n).expect("small"));
    run.apply(&fact)
        .unwrap_or_else(|step| panic!("{name}: {step}"))
}

/// A run in its second attempt, held by `w1`, its session in a state of the table.
pub(super) fn run_in(state: &str) -> Run {
    let lease = Lease {
        attempt: attempt(2),
        worker: worker(),
        position: position(9),
        taken_at: at(0),
        last_seq: Some(EventSeq::new(3).expect("small")),
        release: None,
    };
    let mut run = Run::submitted(id(), RetryPolicy::default(), position(10));
    run.attempt = attempt(2);
    run.state = RunState::Running { lease, stage: None };
    run.session = session_in(state);
    run
}

pub(super) fn session_in(state: &str) -> Session {
    let wish = SessionWish::default();
    let maker = Maker {
        worker: worker(),
        generation: generation(3),
        since: at(0),
    };
    let opening = Opening {
        generation: generation(7),
        wish,
        requested_at: at(0),
        requested_by: ada(),
        maker: (state != "unmade").then(|| maker.clone()),
    };
    let open = Open {
        maker,
        ready_at: at(1),
        expires_at: None,
        hostname: "host".to_owned(),
        heartbeat_at: at(1),
    };
    let closed = || {
        Box::new(Closed {
            opening: opening.clone(),
            open: Some(open.clone()),
            at: at(2),
        })
    };
    let state = match state {
        "disabled" => SessionState::Disabled,
        "unmade" | "starting" => SessionState::Starting(Box::new(opening)),
        "ready" => SessionState::Ready(Box::new(Ready {
            opening: opening.clone(),
            open: open.clone(),
            links: links(),
            health: SessionHealth::Ready,
            health_reason: None,
            writer: None,
        })),
        "revoked" => SessionState::Revoked(Box::new(Revoked {
            closed: *closed(),
            by: RevokedBy::Operator {
                actor: ada(),
                note: None,
            },
            torn_down_at: None,
        })),
        "ended" => SessionState::Ended(closed(), over()),
        "error" => SessionState::Error(closed(), over()),
        other => panic!("no such state: {other}"),
    };
    let is_wanted = !matches!(state, SessionState::Disabled | SessionState::Revoked(_));
    Session {
        wish: is_wanted.then_some(wish),
        fence: Some(fence(5)),
        state,
        audit: Vec::new(),
    }
}

pub(super) fn fact_kind(row: &str) -> FactKind {
    let says = |event| said(2, 4, event);
    match row {
        "enable" => FactKind::Commanded(enable()),
        "revoke" => FactKind::Commanded(revoke()),
        "reseal" => FactKind::Commanded(reseal(7)),
        "reseal other" => FactKind::Commanded(reseal(3)),
        "grant" => grant(6, 1),
        "grant same fence" => grant(5, 1),
        "grant other attempt" => match grant(6, 1) {
            FactKind::Granted(it) => FactKind::Granted(GrantFact {
                attempt: attempt(1),
                ..it
            }),
            other => other,
        },
        "nobody may" => match grant(6, 1) {
            FactKind::Granted(it) => FactKind::Granted(GrantFact { writer: None, ..it }),
            other => other,
        },
        "starting same" => says(starting(3)),
        "starting next" => says(starting(4)),
        "ready" => says(ready(3)),
        "ready other" => says(ready(2)),
        "links" => says(event(SessionEvent::LinksChanged(generation(3), links()))),
        "links other" => says(event(SessionEvent::LinksChanged(generation(2), links()))),
        "health" => says(event(SessionEvent::Health {
            generation: generation(3),
            health: SessionHealth::Stale,
            reason: None,
        })),
        "heartbeat" => says(event(SessionEvent::Heartbeat(generation(3)))),
        "ended" => says(event(SessionEvent::Ended(generation(3), over()))),
        "ended other" => says(event(SessionEvent::Ended(generation(2), over()))),
        "failed" => says(event(SessionEvent::Failed(generation(3), over()))),
        "failed other" => says(event(SessionEvent::Failed(generation(2), over()))),
        "expired" => says(event(SessionEvent::Revoked(generation(3), over()))),
        "expired other" => says(event(SessionEvent::Revoked(generation(2), over()))),
        "gate" => says(gate(5)),
        "gate behind" => says(gate(4)),
        "gate ahead" => says(gate(6)),
        "write ended" => says(write_ended(5, 1)),
        "write ended ahead" => says(write_ended(6, 1)),
        "typed" => says(typed("aa")),
        "succeeded" => says(RunEvent::Succeeded),
        "cancelled" => says(RunEvent::Cancelled),
        "attempt failed" => says(RunEvent::Failed(Failure::new(
            FailureCode::AgentFailed,
            "no",
        ))),
        "lease lost" => FactKind::LeaseLost {
            attempt: attempt(2),
            by: WorkerId::supervisor(),
        },
        "lease released" => FactKind::LeaseReleased {
            attempt: attempt(2),
            worker: worker(),
        },
        "progress" => says(RunEvent::Progress),
        other => panic!("no such row: {other}"),
    }
}

pub(super) fn enable() -> Command {
    Command::EnableSession {
        by: ada(),
        wish: SessionWish::new(Provider::Tmate, None),
    }
}

pub(super) fn revoke() -> Command {
    Command::RevokeSession {
        by: ada(),
        note: None,
    }
}

pub(super) fn reseal(n: u64) -> Command {
    Command::ResealSession {
        generation: generation(n),
        sealed: sealed(),
    }
}

pub(super) fn grant(n: u64, id: u128) -> FactKind {
    FactKind::Granted(GrantFact {
        attempt: attempt(if n < 5 { 1 } else { 2 }),
        fence: fence(n),
        writer: Some(Granted {
            grant: grant_id(id),
            holder: ada(),
            role: Role::Operator,
            channel: Channel::Web,
            terminals: vec![TerminalName::Shell],
            ttl: TimeDelta::seconds(60),
            reason: "to look".to_owned(),
        }),
        name: "write_granted",
    })
}

pub(super) fn said(n: u64, number: u64, event: RunEvent) -> FactKind {
    FactKind::Reported {
        worker: worker(),
        attempt: attempt(n),
        seq: EventSeq::new(number).expect("small"),
        event,
    }
}

pub(super) const fn event(event: SessionEvent) -> RunEvent {
    RunEvent::Session(event)
}

pub(super) fn starting(n: u64) -> RunEvent {
    event(SessionEvent::Starting {
        generation: generation(n),
        provider: Provider::Web,
        ttl_seconds: Some(900),
    })
}

pub(super) fn ready(n: u64) -> RunEvent {
    event(SessionEvent::Ready(Box::new(ReadySaid {
        generation: generation(n),
        provider: Provider::Web,
        links: links(),
        hostname: "host".to_owned(),
    })))
}

pub(super) fn gate(n: u64) -> RunEvent {
    event(SessionEvent::Gate {
        fence: fence(n),
        grant: Some(grant_id(1)),
    })
}

pub(super) fn write_ended(n: u64, id: u128) -> RunEvent {
    event(SessionEvent::WriteEnded {
        fence: fence(n),
        grant: grant_id(id),
    })
}

pub(super) fn typed(hash: &str) -> RunEvent {
    event(SessionEvent::Typed {
        hash: hash.to_owned(),
    })
}

pub(super) fn links() -> Links {
    Links {
        attach_ro: Some("ssh ro-1@relay".to_owned()),
        web_ro: None,
        sealed: Some(sealed()),
    }
}

pub(super) fn sealed() -> SealedText {
    SealedText {
        key_id: "k-1".to_owned(),
        text: "c2VhbGVk".to_owned(),
    }
}

pub(super) fn over() -> Over {
    Over {
        code: "finished".to_owned(),
        reason: "it was over".to_owned(),
    }
}

pub(super) fn fact(n: u64, kind: FactKind) -> Fact {
    Fact {
        position: position(n),
        at: at(3),
        kind,
    }
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

pub(super) fn grant_id(n: u128) -> GrantId {
    GrantId::from_uuid(Uuid::from_u128(n))
}

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

pub(super) fn attempt(n: u64) -> Attempt {
    Attempt::new(n).expect("an attempt")
}

pub(super) fn generation(n: u64) -> Generation {
    Generation::new(n).expect("a generation")
}

pub(super) fn fence(n: u64) -> Fence {
    Fence::new(n).expect("a fence")
}

pub(super) fn position(n: u64) -> Position {
    Position::new(n).expect("a position")
}
