//! The state machine of a session: every state with every fact, and what holds in every life.

mod lives;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::*;
use crate::{
    failure::{Failure, FailureCode},
    ids::{EventSeq, Position, RunId},
    retry::RetryPolicy,
    run::{Command, Fact, FactKind, Lease, Run, RunEvent, RunState},
    session::SessionStatus,
};

/// Rows are facts, columns are states; a cell is the state that follows, or the refusal (`!`).
/// Every run of the table is in attempt 2, held by `w1`, whose session 3 it is as the worker counts; the
/// last fence was 5. `unmade` is a session that no worker has begun with, `ended` one that the next
/// attempt would have again.
const TABLE: &str = "
fact                | disabled     | unmade       | starting     | ready        | revoked      | ended        | error
enable              | starting     | !duplicate   | !duplicate   | !duplicate   | starting     | starting     | starting
revoke              | !wrong_state | revoked      | revoked      | revoked      | !wrong_state | revoked      | revoked
reseal              | !wrong_state | !wrong_state | !wrong_state | ready        | !wrong_state | !wrong_state | !wrong_state
reseal other        | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state
grant               | !wrong_state | !wrong_state | !wrong_state | ready        | !wrong_state | !wrong_state | !wrong_state
grant same fence    | !stale_fence | !stale_fence | !stale_fence | !stale_fence | !stale_fence | !stale_fence | !stale_fence
grant other attempt | !other_attempt | !other_attempt | !other_attempt | !other_attempt | !other_attempt | !other_attempt | !other_attempt
nobody may          | !wrong_state | !wrong_state | !wrong_state | ready        | !wrong_state | !wrong_state | !wrong_state
starting same       | !wrong_state | starting     | !wrong_state | !wrong_state | !wrong_state | starting     | starting
starting next       | !wrong_state | starting     | starting     | starting     | !wrong_state | starting     | starting
ready               | !wrong_state | !wrong_state | ready        | !wrong_state | !wrong_state | !wrong_state | !wrong_state
ready other         | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state
links               | !wrong_state | !wrong_state | !wrong_state | ready        | !wrong_state | !wrong_state | !wrong_state
links other         | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state
health              | !wrong_state | !wrong_state | !wrong_state | ready        | !wrong_state | !wrong_state | !wrong_state
heartbeat           | !wrong_state | !wrong_state | !wrong_state | ready        | !wrong_state | !wrong_state | !wrong_state
ended               | !wrong_state | !wrong_state | ended        | ended        | revoked      | !wrong_state | !wrong_state
ended other         | !wrong_state | !wrong_state | !wrong_state | !wrong_state | revoked      | !wrong_state | !wrong_state
failed              | !wrong_state | error        | error        | error        | !wrong_state | !wrong_state | !wrong_state
failed other        | !wrong_state | error        | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state
expired             | !wrong_state | !wrong_state | revoked      | revoked      | revoked      | !wrong_state | !wrong_state
expired other       | !wrong_state | !wrong_state | !wrong_state | !wrong_state | revoked      | !wrong_state | !wrong_state
gate                | !wrong_state | !wrong_state | !wrong_state | ready        | !wrong_state | !wrong_state | !wrong_state
gate behind         | !wrong_state | !wrong_state | !wrong_state | !stale_fence | !wrong_state | !wrong_state | !wrong_state
gate ahead          | !wrong_state | !wrong_state | !wrong_state | !stale_fence | !wrong_state | !wrong_state | !wrong_state
write ended         | disabled     | starting     | starting     | ready        | revoked      | ended        | error
write ended ahead   | !stale_fence | !stale_fence | !stale_fence | !stale_fence | !stale_fence | !stale_fence | !stale_fence
typed               | !wrong_state | starting     | starting     | ready        | revoked      | ended        | error
succeeded           | disabled     | ended        | ended        | ended        | revoked      | ended        | error
cancelled           | disabled     | ended        | ended        | ended        | revoked      | ended        | error
attempt failed      | disabled     | ended        | ended        | ended        | revoked      | ended        | error
lease lost          | disabled     | ended        | ended        | ended        | revoked      | ended        | error
lease released      | disabled     | ended        | ended        | ended        | revoked      | ended        | error
progress            | disabled     | starting     | starting     | ready        | revoked      | ended        | error
";

// H-01 H-16
#[test]
fn every_state_of_a_session_answers_every_fact_as_the_table_says() {
    let mut lines = TABLE.trim().lines();
    let cells = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    let header = cells(lines.next().expect("a header"));
    let names = header[1..].iter().filter(|name| **name != "unmade");
    let all: Vec<&str> = SessionStatus::ALL.iter().map(|s| s.as_str()).collect();
    assert_eq!(names.copied().collect::<Vec<_>>(), all, "every state");
    for line in lines {
        let row = cells(line);
        for (state, expected) in header[1..].iter().zip(&row[1..]) {
            let run = run_in(state);
            let answer = run.apply(&fact(11, fact_kind(row[0])));
            let told = match &answer {
                Ok(next) => next.session.status().to_string(),
                Err(step) => format!("!{}", step.refusal.as_str()),
            };
            assert_eq!(told, *expected, "a {state} session and '{}'", row[0]);
        }
    }
}

// H-01
#[test]
fn a_session_is_wanted_made_joined_and_ended_with_its_run() {
    let run = Run::submitted(id(), RetryPolicy::default(), position(1));
    let run = run.with_session(SessionWish::new(Provider::Tmate, Some(60)), &ada(), at(0));
    assert_eq!(run.session.status(), SessionStatus::Starting);
    let run = told(
        run,
        2,
        FactKind::LeaseTaken {
            attempt: attempt(1),
            worker: worker(),
        },
    );
    let run = told(run, 3, said(1, 1, starting(1)));
    let run = told(run, 4, said(1, 2, ready(1)));
    let SessionState::Ready(ready) = &run.session.state else {
        panic!("{:?}", run.session);
    };
    assert_eq!(ready.open.ready_at, at(4));
    assert_eq!(ready.open.expires_at, Some(at(4) + TimeDelta::seconds(900)));
    assert_eq!(ready.opening.requested_at, at(0));
    let run = told(run, 5, grant(1, 1));
    let run = told(run, 6, said(1, 3, gate(1)));
    let SessionState::Ready(open) = &run.session.state else {
        panic!("{:?}", run.session);
    };
    let writer = open.writer.as_ref().expect("somebody may type");
    assert_eq!((writer.until, writer.gate_at), (at(65), Some(at(6))));
    let run = told(run, 7, said(1, 4, RunEvent::Succeeded));
    let SessionState::Ended(closed, over) = &run.session.state else {
        panic!("{:?}", run.session);
    };
    assert_eq!((closed.at, over.code.as_str()), (at(7), "finished"));
    assert!(closed.open.is_some() && run.session.fence.is_some());
}

// H-01
#[test]
fn the_next_attempt_has_a_session_again_while_it_is_wanted() {
    for (end, again) in [("lease lost", true), ("attempt failed", true)] {
        for (state, begun) in [("ready", again), ("error", again), ("revoked", false)] {
            let run = told(run_in(state), 11, fact_kind(end));
            let generation = run.session.generation();
            let run = told(
                run,
                12,
                FactKind::Offered {
                    attempt: attempt(3),
                },
            );
            let taken = FactKind::LeaseTaken {
                attempt: attempt(3),
                worker: worker(),
            };
            let run = told(run, 13, taken);
            assert_eq!(run.session.state.is_live(), begun, "{state} and {end}");
            let next = generation.map(Generation::next);
            let expected = if begun { next } else { generation };
            assert_eq!(run.session.generation(), expected);
        }
    }
}

// B-05
#[test]
fn taking_over_replaces_the_writer_and_the_end_of_the_old_grant_takes_nothing_away() {
    let run = told(run_in("ready"), 11, grant(6, 1));
    let run = told(run, 12, grant(7, 2));
    let run = told(run, 13, said(2, 4, write_ended(6, 1)));
    let writer = |run: &Run| match &run.session.state {
        SessionState::Ready(ready) => ready.writer.as_ref().map(|it| it.grant),
        _ => None,
    };
    assert_eq!(writer(&run), Some(grant_id(2)));
    let run = told(run, 14, said(2, 5, write_ended(7, 2)));
    assert_eq!(writer(&run), None);
    assert_eq!(run.session.fence, Some(fence(7)));
}

// B-06
#[test]
fn what_is_typed_makes_a_chain_for_each_attempt() {
    let run = told(run_in("ready"), 11, said(2, 4, typed("aa")));
    let run = told(run, 12, said(2, 5, typed("bb")));
    let chain = run.session.chain(attempt(2)).expect("something was typed");
    assert_eq!((chain.head.as_str(), chain.count), ("bb", 2));
    assert!(run.session.chain(attempt(1)).is_none());
}

fn told(run: Run, n: u64, kind: FactKind) -> Run {
    let name = kind.name();
    let mut fact = fact(n, kind);
    fact.at = at(i64::try_from(n).expect("small"));
    run.apply(&fact)
        .unwrap_or_else(|step| panic!("{name}: {step}"))
}

/// A run in its second attempt, held by `w1`, its session in a state of the table.
fn run_in(state: &str) -> Run {
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

fn session_in(state: &str) -> Session {
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

fn fact_kind(row: &str) -> FactKind {
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

fn enable() -> Command {
    Command::EnableSession {
        by: ada(),
        wish: SessionWish::new(Provider::Tmate, None),
    }
}

fn revoke() -> Command {
    Command::RevokeSession {
        by: ada(),
        note: None,
    }
}

fn reseal(n: u64) -> Command {
    Command::ResealSession {
        generation: generation(n),
        sealed: sealed(),
    }
}

fn grant(n: u64, id: u128) -> FactKind {
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

fn said(n: u64, number: u64, event: RunEvent) -> FactKind {
    FactKind::Reported {
        worker: worker(),
        attempt: attempt(n),
        seq: EventSeq::new(number).expect("small"),
        event,
    }
}

const fn event(event: SessionEvent) -> RunEvent {
    RunEvent::Session(event)
}

fn starting(n: u64) -> RunEvent {
    event(SessionEvent::Starting {
        generation: generation(n),
        provider: Provider::Web,
        ttl_seconds: Some(900),
    })
}

fn ready(n: u64) -> RunEvent {
    event(SessionEvent::Ready(Box::new(ReadySaid {
        generation: generation(n),
        provider: Provider::Web,
        links: links(),
        hostname: "host".to_owned(),
    })))
}

fn gate(n: u64) -> RunEvent {
    event(SessionEvent::Gate {
        fence: fence(n),
        grant: Some(grant_id(1)),
    })
}

fn write_ended(n: u64, id: u128) -> RunEvent {
    event(SessionEvent::WriteEnded {
        fence: fence(n),
        grant: grant_id(id),
    })
}

fn typed(hash: &str) -> RunEvent {
    event(SessionEvent::Typed {
        hash: hash.to_owned(),
    })
}

fn links() -> Links {
    Links {
        attach_ro: Some("ssh ro-1@relay".to_owned()),
        web_ro: None,
        sealed: Some(sealed()),
    }
}

fn sealed() -> SealedText {
    SealedText {
        key_id: "k-1".to_owned(),
        text: "c2VhbGVk".to_owned(),
    }
}

fn over() -> Over {
    Over {
        code: "finished".to_owned(),
        reason: "it was over".to_owned(),
    }
}

fn fact(n: u64, kind: FactKind) -> Fact {
    Fact {
        position: position(n),
        at: at(3),
        kind,
    }
}

fn ada() -> Actor {
    "ada".to_owned().try_into().expect("an actor")
}

fn worker() -> WorkerId {
    "w1".parse().expect("a worker id")
}

fn id() -> RunId {
    RunId::from_uuid(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_002a))
}

fn grant_id(n: u128) -> GrantId {
    GrantId::from_uuid(Uuid::from_u128(n))
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn attempt(n: u64) -> Attempt {
    Attempt::new(n).expect("an attempt")
}

fn generation(n: u64) -> Generation {
    Generation::new(n).expect("a generation")
}

fn fence(n: u64) -> Fence {
    Fence::new(n).expect("a fence")
}

fn position(n: u64) -> Position {
    Position::new(n).expect("a position")
}
