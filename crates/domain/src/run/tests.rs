//! The state machine of a run: every state with every kind of fact.

mod lives;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::*;
use crate::{
    failure::{Failure, FailureCode},
    ids::{Attempt, EventSeq, Position, RunId},
    names::WorkerId,
    retry::RetryPolicy,
    run::control::{PausedSaid, ResumedSaid},
};

/// Rows are facts, columns are states; a cell is the state that follows, or the refusal (`!`).
/// Every run of the table is in attempt 2, held (where it is held) by `w1`, who has said 3 events.
const TABLE: &str = "
fact               | queued         | running          | paused           | retry_scheduled  | succeeded      | failed         | cancelled      | dead_lettered
offered same       | !duplicate     | !duplicate       | !duplicate       | !duplicate       | !duplicate     | !duplicate     | !duplicate     | !duplicate
offered next       | !wrong_state   | !wrong_state     | !wrong_state     | queued           | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
offered far        | !wrong_state   | !wrong_state     | !wrong_state     | !other_attempt   | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
taken              | running        | !wrong_state     | !wrong_state     | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
taken by sup       | !not_holder    | !wrong_state     | !wrong_state     | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
taken stale        | !other_attempt | !wrong_state     | !wrong_state     | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
released           | !wrong_state   | retry_scheduled  | retry_scheduled  | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
released by other  | !wrong_state   | !not_holder      | !not_holder      | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
released stale     | !wrong_state   | !other_attempt   | !other_attempt   | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
lost               | !wrong_state   | retry_scheduled  | retry_scheduled  | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
lost by other      | !wrong_state   | !not_holder      | !not_holder      | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
lost stale         | !wrong_state   | !other_attempt   | !other_attempt   | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
stage_started      | !wrong_state   | running          | !wrong_state     | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
progress           | !wrong_state   | running          | paused           | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
progress by other  | !wrong_state   | !not_holder      | !not_holder      | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
progress stale     | !wrong_state   | !other_attempt   | !other_attempt   | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
progress again     | !wrong_state   | !duplicate       | !duplicate       | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
paused             | !wrong_state   | paused           | paused           | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
resumed            | !wrong_state   | !wrong_state     | running          | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
succeeded          | !wrong_state   | succeeded        | !wrong_state     | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
succeeded stale    | !wrong_state   | !other_attempt   | !other_attempt   | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
failed retryable   | !wrong_state   | retry_scheduled  | retry_scheduled  | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
failed for good    | !wrong_state   | failed           | failed           | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
cancelled          | !wrong_state   | cancelled        | cancelled        | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
cancel_requested   | cancelled      | running          | paused           | cancelled        | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
redriven           | !wrong_state   | !wrong_state     | !wrong_state     | !wrong_state     | !wrong_state   | retry_scheduled | !wrong_state   | retry_scheduled
release_requested  | !wrong_state   | running          | paused           | !wrong_state     | !wrong_state   | !wrong_state   | !wrong_state   | !wrong_state
";

// H-16 W-12
#[test]
fn every_state_answers_every_fact_as_the_table_says() {
    let mut lines = TABLE.trim().lines();
    let cells = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    let header = cells(lines.next().expect("a header"));
    let names: Vec<&str> = StateName::ALL.iter().map(|s| s.as_str()).collect();
    assert_eq!(header[1..], names, "the table has every state");
    let mut kinds = Vec::new();
    for line in lines {
        let row = cells(line);
        let kind = fact_kind(row[0]);
        for (state, expected) in StateName::ALL.iter().zip(&row[1..]) {
            let run = run_in(*state);
            let answer = run.apply(&fact(11, kind.clone()));
            let told = match &answer {
                Ok(next) => next.state.name().to_string(),
                Err(step) => format!("!{}", step.refusal.as_str()),
            };
            assert_eq!(told, *expected, "a {state} run and '{}'", row[0]);
            match answer {
                Ok(next) => assert_eq!(next.position, position(11)),
                Err(step) => assert_eq!((step.state, step.fact), (*state, kind.name())),
            }
        }
        kinds.push(kind.name());
    }
    for kind in [
        "offered",
        "lease_taken",
        "lease_released",
        "lease_lost",
        "stage_started",
        "progress",
        "paused",
        "resumed",
        "succeeded",
        "failed",
        "cancelled",
        "cancel_requested",
        "redriven",
        "release_requested",
    ] {
        assert!(kinds.contains(&kind), "the table has every kind: {kind}");
    }
}

#[test]
fn a_fact_at_or_before_the_last_position_is_a_duplicate() {
    for state in StateName::ALL {
        for at in [9, 10] {
            let kind = FactKind::Commanded(Command::Cancel);
            let refused = run_in(*state).apply(&fact(at, kind)).unwrap_err();
            assert_eq!(refused.refusal, Refusal::Duplicate, "{state} at {at}");
        }
    }
}

#[test]
fn events_of_one_message_share_its_position() {
    let run = run_in(StateName::Running);
    let once = run
        .apply(&fact(11, said("w1", 2, 4, RunEvent::Progress)))
        .unwrap();
    let twice = once
        .apply(&fact(11, said("w1", 2, 5, RunEvent::Progress)))
        .unwrap();
    let again = twice.apply(&fact(11, said("w1", 2, 5, RunEvent::Progress)));
    assert_eq!(again.unwrap_err().refusal, Refusal::Duplicate);
}

// W-12
#[test]
fn failures_lead_to_retries_with_growing_delays_and_then_to_the_dead_letters() {
    let mut run = run_in(StateName::Running);
    run.retry.max_attempts = 2;
    let failed = fact_kind("failed retryable");
    let first = run.apply(&fact(11, failed.clone())).unwrap();
    assert_eq!(first.failures, 1);
    let RunState::RetryScheduled { due_at, cause } = &first.state else {
        panic!("{first:?}");
    };
    assert_eq!(*due_at, at() + run.retry.delay(run.id, 1));
    assert_eq!(
        cause.as_ref().map(|f| f.code),
        Some(FailureCode::AgentFailed)
    );
    run.failures = 1;
    let last = run.apply(&fact(11, failed)).unwrap();
    assert!(matches!(last.state, RunState::DeadLettered(_)), "{last:?}");
}

// W-12
#[test]
fn a_lost_lease_is_offered_again_at_once_and_counts_as_a_failure() {
    let run = run_in(StateName::Running);
    let lost = run.apply(&fact(11, fact_kind("lost"))).unwrap();
    let RunState::RetryScheduled { due_at, cause } = &lost.state else {
        panic!("{lost:?}");
    };
    assert_eq!((*due_at, lost.failures), (at(), 1));
    assert_eq!(cause.as_ref().map(|f| f.code), Some(FailureCode::LeaseLost));
    let mut run = run_in(StateName::Paused);
    run.failures = 2;
    let last = run.apply(&fact(11, fact_kind("lost"))).unwrap();
    assert!(matches!(last.state, RunState::DeadLettered(_)), "{last:?}");
}

#[test]
fn a_released_lease_is_offered_again_at_once_and_counts_as_nothing() {
    let mut run = run_in(StateName::Running);
    run.failures = 2;
    let released = run.apply(&fact(11, fact_kind("released"))).unwrap();
    let expected = RunState::RetryScheduled {
        due_at: at(),
        cause: None,
    };
    assert_eq!((released.state, released.failures), (expected, 2));
}

// W-12
#[test]
fn a_wish_to_cancel_turns_every_other_end_of_the_attempt_into_cancelled() {
    for state in [StateName::Running, StateName::Paused] {
        let mut run = run_in(state);
        run.cancel_requested_at = Some(at());
        for end in [
            "released",
            "lost",
            "failed retryable",
            "failed for good",
            "cancelled",
        ] {
            let ended = run.apply(&fact(11, fact_kind(end))).unwrap();
            assert_eq!(ended.state, RunState::Cancelled, "{state} and {end}");
        }
        let again = run.apply(&fact(11, fact_kind("cancel_requested")));
        assert_eq!(again.unwrap_err().refusal, Refusal::Duplicate);
    }
    // What was done before the wish was heard is done.
    let mut run = run_in(StateName::Running);
    run.cancel_requested_at = Some(at());
    let done = run.apply(&fact(11, fact_kind("succeeded"))).unwrap();
    assert_eq!(done.state, RunState::Succeeded);
}

// W-12
#[test]
fn a_lease_that_an_operator_takes_away_counts_as_nothing_and_the_wish_ends_with_it() {
    for state in [StateName::Running, StateName::Paused] {
        let mut run = run_in(state);
        run.failures = 2;
        let wished = run.apply(&fact(11, release_wish())).unwrap();
        let wish = wished.state.lease().and_then(|lease| lease.release.clone());
        assert_eq!(wish.map(|wish| wish.by.to_string()).as_deref(), Some("ada"));
        let again = wished.apply(&fact(12, release_wish())).unwrap_err();
        assert_eq!(again.refusal, Refusal::Duplicate);
        let taken_away = wished.apply(&fact(12, fact_kind("lost"))).unwrap();
        let expected = RunState::RetryScheduled {
            due_at: at(),
            cause: None,
        };
        assert_eq!((&taken_away.state, taken_away.failures), (&expected, 2));
        // The holder may still end it before the supervisor comes to it.
        let ended = wished
            .apply(&fact(12, fact_kind("failed for good")))
            .unwrap();
        assert!(matches!(ended.state, RunState::Failed(_)), "{ended:?}");
    }
}

// W-12
#[test]
fn a_redriven_run_begins_anew_and_a_second_wish_changes_nothing() {
    for state in [StateName::Failed, StateName::DeadLettered] {
        let mut run = run_in(state);
        run.failures = 3;
        let redriven = run.apply(&fact(11, fact_kind("redriven"))).unwrap();
        let RunState::RetryScheduled { due_at, cause } = &redriven.state else {
            panic!("{redriven:?}");
        };
        assert_eq!((*due_at, redriven.failures), (at(), 0));
        assert!(cause.is_some(), "what failed is still told");
        let again = redriven.apply(&fact(12, fact_kind("redriven")));
        assert_eq!(again.unwrap_err().refusal, Refusal::WrongState);
        let offered = redriven
            .apply(&fact(12, fact_kind("offered next")))
            .unwrap();
        assert_eq!(offered.attempt, attempt(3));
    }
}

/// A run in its second attempt; where it is held, `w1` holds it and has said three events.
fn run_in(state: StateName) -> Run {
    let lease = Lease {
        attempt: attempt(2),
        worker: worker("w1"),
        position: position(9),
        taken_at: at(),
        last_seq: Some(seq(3)),
        release: None,
    };
    let state = match state {
        StateName::Queued => RunState::Queued,
        StateName::Running => RunState::Running { lease, stage: None },
        StateName::Paused => RunState::Paused {
            lease,
            stage: Some(Stage::Execute),
            kind: PauseKind::Checkpoint,
        },
        StateName::RetryScheduled => RunState::RetryScheduled {
            due_at: at() + TimeDelta::seconds(5),
            cause: None,
        },
        StateName::Succeeded => RunState::Succeeded,
        StateName::Failed => RunState::Failed(failure(FailureCode::TimedOut)),
        StateName::Cancelled => RunState::Cancelled,
        StateName::DeadLettered => RunState::DeadLettered(failure(FailureCode::LeaseLost)),
    };
    Run {
        id: id(),
        retry: RetryPolicy::default(),
        attempt: attempt(2),
        failures: 0,
        cancel_requested_at: None,
        state,
        session: session::Session::default(),
        control: std::sync::Arc::default(),
        position: position(10),
    }
}

fn fact_kind(row: &str) -> FactKind {
    let offered = |n| FactKind::Offered {
        attempt: attempt(n),
    };
    let taken = |n, who| FactKind::LeaseTaken {
        attempt: attempt(n),
        worker: worker(who),
    };
    let released = |n, who| FactKind::LeaseReleased {
        attempt: attempt(n),
        worker: worker(who),
    };
    let lost = |n, who| FactKind::LeaseLost {
        attempt: attempt(n),
        by: worker(who),
    };
    match row {
        "offered same" => offered(2),
        "offered next" => offered(3),
        "offered far" => offered(4),
        "taken" => taken(2, "w1"),
        "taken by sup" => taken(2, "supervisor"),
        "taken stale" => taken(1, "w1"),
        "released" => released(2, "w1"),
        "released by other" => released(2, "w2"),
        "released stale" => released(1, "w1"),
        "lost" => lost(2, "supervisor"),
        "lost by other" => lost(2, "w1"),
        "lost stale" => lost(1, "supervisor"),
        "stage_started" => said("w1", 2, 4, RunEvent::StageStarted(Stage::Publish)),
        "progress" => said("w1", 2, 4, RunEvent::Progress),
        "progress by other" => said("w2", 2, 4, RunEvent::Progress),
        "progress stale" => said("w1", 1, 4, RunEvent::Progress),
        "progress again" => said("w1", 2, 3, RunEvent::Progress),
        "paused" => said(
            "w1",
            2,
            4,
            RunEvent::Paused(PauseKind::Frozen, PausedSaid::default()),
        ),
        "resumed" => said("w1", 2, 4, RunEvent::Resumed(ResumedSaid::default())),
        "succeeded" => said("w1", 2, 4, RunEvent::Succeeded),
        "succeeded stale" => said("w1", 1, 4, RunEvent::Succeeded),
        "failed retryable" => said(
            "w1",
            2,
            4,
            RunEvent::Failed(failure(FailureCode::AgentFailed)),
        ),
        "failed for good" => said("w1", 2, 4, RunEvent::Failed(failure(FailureCode::TimedOut))),
        "cancelled" => said("w1", 2, 4, RunEvent::Cancelled),
        "cancel_requested" => FactKind::Commanded(Command::Cancel),
        "redriven" => FactKind::Commanded(Command::Redrive),
        "release_requested" => release_wish(),
        other => panic!("no such row: {other}"),
    }
}

fn release_wish() -> FactKind {
    FactKind::Commanded(Command::ReleaseLease {
        by: "ada".to_owned().try_into().expect("an actor"),
        note: Some("it hangs".to_owned()),
    })
}

fn said(who: &str, n: u64, number: u64, event: RunEvent) -> FactKind {
    FactKind::Reported {
        worker: worker(who),
        attempt: attempt(n),
        seq: seq(number),
        event,
    }
}

fn fact(n: u64, kind: FactKind) -> Fact {
    Fact {
        position: position(n),
        at: at(),
        kind,
    }
}

fn failure(code: FailureCode) -> Failure {
    Failure::new(code, "it did not work")
}

fn id() -> RunId {
    RunId::from_uuid(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_002a))
}

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn attempt(n: u64) -> Attempt {
    Attempt::new(n).expect("an attempt")
}

fn seq(n: u64) -> EventSeq {
    EventSeq::new(n).expect("a sequence")
}

fn position(n: u64) -> Position {
    Position::new(n).expect("a position")
}

fn worker(name: &str) -> WorkerId {
    name.parse().expect("a worker id")
}
