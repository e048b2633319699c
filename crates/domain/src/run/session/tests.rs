//! The state machine of a session: every state with every fact, and what holds in every life.

mod lives;
mod words;

use chrono::TimeDelta;
use words::*;

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
