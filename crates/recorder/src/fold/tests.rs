//! Stretches of the stream, and what they change.

use baton_bus::RawMessage;
use baton_domain::{FailureCode, Position, RunState, StateName};
use baton_store::{Batch, RunRecord, Usage};
use baton_wire::{ControlCommand, Event, LeaseStep, Subject};
use serde::Serialize;

use super::Known;
use crate::read::Message;

#[path = "control_tests.rs"]
mod control;
#[path = "session_tests.rs"]
mod session;
#[path = "../../tests/recorder/words.rs"]
mod words;
use words::{at, cancel, events, failed, lease, offer, output, run, stored, succeeded, usage};

/// A stream in the making.
#[derive(Default)]
struct Stream(Vec<Message>);

impl Stream {
    fn says(mut self, (subject, body): (Subject, impl Serialize)) -> Self {
        let body = serde_json::to_vec(&body).expect("JSON");
        self.raw(&subject.to_string(), body);
        self
    }

    fn raw(&mut self, subject: &str, body: Vec<u8>) {
        let position = self.0.len() as u64 + 1;
        self.0.push(Message::read(RawMessage {
            position: Position::new(position).expect("small"),
            subject: subject.to_owned(),
            message_id: None,
            payload: body.into(),
            stored_at: at(100),
        }));
    }

    /// Submitted, and leased by `w1`.
    fn running() -> Self {
        Self::default()
            .says(offer(run(1), 1))
            .says(lease(run(1), 1, LeaseStep::Taken, "w1"))
    }

    fn fold(&self) -> Batch {
        fold(&mut Known::default(), &self.0)
    }
}

/// Folds messages, which can be folded again.
fn fold(known: &mut Known, messages: &[Message]) -> Batch {
    let read = |message: &Message| Message::read(message.raw.clone());
    let mut messages: Vec<Message> = messages.iter().map(read).collect();
    super::fold(known, &mut messages)
}

fn record(batch: &Batch) -> &RunRecord {
    &batch.new_runs[0].record
}

fn state(batch: &Batch) -> StateName {
    record(batch).run.state.name()
}

/// Every kept event with why it changed nothing.
fn judged(batch: &Batch) -> Vec<(&str, Option<&str>)> {
    let events = batch.events.iter();
    events
        .map(|event| (event.kind.as_str(), event.refusal.as_deref()))
        .collect()
}

// B-01
#[test]
fn a_run_is_folded_from_submission_to_success() {
    let pushed = Event::BranchPushed {
        branch: "task/x".to_owned(),
        commit: "c0ffee".to_owned(),
    };
    let patch = Event::PatchWritten {
        files: 1,
        insertions: 2,
        deletions: 3,
    };
    let batch = Stream::running()
        .says(events(
            run(1),
            1,
            "w1",
            1,
            [usage(10), patch, pushed, usage(20)],
        ))
        .says(events(
            run(1),
            1,
            "w1",
            5,
            [stored("logs/agent.log", 9), succeeded()],
        ))
        .fold();
    assert_eq!(state(&batch), StateName::Succeeded);
    assert!(batch.events.iter().all(|event| event.refusal.is_none()));
    let record = record(&batch);
    let micros = |seconds| super::kept_time(at(seconds));
    assert_eq!(record.started_at, Some(micros(1)));
    assert_eq!(record.finished_at, Some(micros(8)));
    assert_eq!(record.last_lease, Position::new(2).expect("small"));
    let outcome = &record.outcome;
    assert_eq!(outcome.summary.as_deref(), Some("said hello"));
    assert_eq!(outcome.branch.as_deref(), Some("task/x"));
    assert_eq!(outcome.commit.as_deref(), Some("c0ffee"));
    assert_eq!(outcome.insertions, Some(2));
    let sum = Usage {
        input_tokens: 30,
        cached_input_tokens: 2,
        output_tokens: 4,
    };
    assert_eq!(outcome.usage, Some(sum));
    assert_eq!(batch.artifacts.len(), 1);
}

#[test]
fn late_reports_of_an_older_attempt_are_kept_and_change_nothing() {
    let batch = Stream::running()
        .says(lease(run(1), 1, LeaseStep::Lost, "supervisor"))
        .says(offer(run(1), 2))
        .says(lease(run(1), 2, LeaseStep::Taken, "w2"))
        .says(events(
            run(1),
            1,
            "w1",
            1,
            [usage(10), stored("late", 1), succeeded()],
        ))
        .fold();
    assert_eq!(state(&batch), StateName::Running);
    assert_eq!(
        judged(&batch)[5..],
        [
            ("usage", Some("other_attempt")),
            ("artifact_stored", Some("other_attempt")),
            ("succeeded", Some("other_attempt"))
        ]
    );
    assert_eq!(record(&batch).outcome.usage, None);
    assert!(batch.artifacts.is_empty());
    assert_eq!(record(&batch).run.failures, 1);
}

#[test]
fn somebody_who_does_not_hold_the_lease_is_not_believed() {
    let batch = Stream::running()
        .says(events(run(1), 1, "w2", 1, [succeeded()]))
        .fold();
    assert_eq!(state(&batch), StateName::Running);
    assert_eq!(judged(&batch)[2], ("succeeded", Some("not_holder")));
}

#[test]
fn the_same_report_twice_is_one_event() {
    let said = || events(run(1), 1, "w1", 1, [output("a"), usage(10)]);
    let batch = Stream::running().says(said()).says(said()).fold();
    assert_eq!(batch.events.len(), 4);
    assert_eq!(
        record(&batch).outcome.usage.map(|u| u.input_tokens),
        Some(10)
    );
}

#[test]
fn the_same_offer_twice_is_one_run() {
    let batch = Stream::default()
        .says(offer(run(1), 1))
        .says(offer(run(1), 1))
        .fold();
    assert_eq!(batch.new_runs.len(), 1);
    assert_eq!(batch.events.len(), 1);
}

#[test]
fn a_refused_lease_step_still_moves_what_the_next_taker_must_expect() {
    let batch = Stream::running()
        .says(events(run(1), 1, "w1", 1, [succeeded()]))
        .says(lease(run(1), 1, LeaseStep::Lost, "supervisor"))
        .fold();
    assert_eq!(judged(&batch)[3], ("lease_lost", Some("wrong_state")));
    let record = record(&batch);
    assert_eq!(record.last_lease, Position::new(4).expect("small"));
    assert_eq!(record.last_lost, Position::new(4).expect("small"));
    assert_eq!(record.run.position, Position::new(3).expect("small"));
}

// W-12
#[test]
fn nobody_speaks_of_a_lease_for_somebody_else() {
    for (step, by) in [
        (LeaseStep::Lost, "w1"),
        (LeaseStep::Lost, "w2"),
        (LeaseStep::Released, "w2"),
    ] {
        let (subject, mut message) = lease(run(1), 1, step, by);
        message.worker = words::worker("w1");
        let batch = Stream::running().says((subject, message)).fold();
        assert_eq!(state(&batch), StateName::Running, "{by} says {step:?}");
        assert_eq!(judged(&batch)[2].1, Some("not_holder"));
        let record = record(&batch);
        assert_eq!(record.last_lease, Position::new(3).expect("small"));
        assert_eq!(record.last_lost, Position::START);
    }
    let (subject, mut taken) = lease(run(1), 1, LeaseStep::Taken, "w1");
    taken.worker = words::worker("w2");
    let batch = Stream::default()
        .says(offer(run(1), 1))
        .says((subject, taken))
        .fold();
    assert_eq!(state(&batch), StateName::Queued);
    assert_eq!(judged(&batch)[1].1, Some("not_holder"));
}

#[test]
fn a_queued_run_is_cancelled_by_the_wish_and_a_second_wish_is_kept() {
    let batch = Stream::default()
        .says(offer(run(1), 1))
        .says(cancel(run(1)))
        .says(cancel(run(1)))
        .fold();
    assert_eq!(state(&batch), StateName::Cancelled);
    assert!(record(&batch).finished_at.is_some());
    assert_eq!(judged(&batch)[2].1, Some("wrong_state"));
}

// W-12
#[test]
fn a_run_that_is_tried_again_has_not_finished_and_one_taken_away_has_not_failed() {
    let redrive = || words::wish(run(1), ControlCommand::Redrive { note: None });
    let failed = || failed(FailureCode::PushRefused);
    let batch = Stream::running()
        .says(redrive())
        .says(events(run(1), 1, "w1", 1, [failed()]))
        .says(redrive())
        .says(redrive())
        .fold();
    assert_eq!(state(&batch), StateName::RetryScheduled);
    assert_eq!(
        (record(&batch).finished_at, record(&batch).run.failures),
        (None, 0)
    );
    let redriven = [
        ("redriven", Some("wrong_state")),
        ("failed", None),
        ("redriven", None),
        ("redriven", Some("wrong_state")),
    ];
    assert_eq!(judged(&batch)[2..], redriven);

    let wish = words::wish(run(1), ControlCommand::ReleaseLease { note: None });
    let batch = Stream::running()
        .says(wish)
        .says(lease(run(1), 1, LeaseStep::Lost, "supervisor"))
        .fold();
    assert_eq!(state(&batch), StateName::RetryScheduled);
    assert_eq!(record(&batch).run.failures, 0);
}

#[test]
fn a_failure_schedules_a_retry_and_ends_nothing() {
    let batch = Stream::running()
        .says(events(
            run(1),
            1,
            "w1",
            1,
            [failed(FailureCode::AgentFailed)],
        ))
        .fold();
    assert_eq!(state(&batch), StateName::RetryScheduled);
    assert_eq!(record(&batch).finished_at, None);
    let RunState::RetryScheduled { due_at, .. } = record(&batch).run.state else {
        unreachable!("just seen");
    };
    assert!(due_at > at(3));
}

#[test]
fn reports_on_a_run_that_nobody_submitted_are_kept() {
    let batch = Stream::default()
        .says(events(run(1), 1, "w1", 1, [succeeded()]))
        .says(lease(run(1), 1, LeaseStep::Taken, "w1"))
        .says(cancel(run(1)))
        .says(offer(run(1), 2))
        .fold();
    assert!(batch.new_runs.is_empty());
    let refusals: Vec<_> = judged(&batch).into_iter().map(|(_, why)| why).collect();
    assert_eq!(refusals, [Some("unknown_run"); 4]);
}

#[test]
fn what_cannot_be_read_is_set_aside_and_the_rest_goes_on() {
    let mut stream = Stream::running();
    let (subject, mut bad) = offer(run(2), 1);
    bad.spec.pool = Some("Not A Pool".to_owned());
    let bad = serde_json::to_vec(&bad).expect("JSON");
    stream.raw(&subject.to_string(), bad);
    stream.raw("baton.v1.run.0.nonsense", b"{}".to_vec());
    stream.raw(
        &Subject::Control { run: run(1) }.to_string(),
        b"not JSON".to_vec(),
    );
    let batch = stream
        .says(events(run(1), 1, "w1", 1, [succeeded()]))
        .fold();
    assert_eq!(batch.unreadable.len(), 3);
    assert!(
        batch.unreadable[0].error.contains("pool"),
        "{:?}",
        batch.unreadable[0]
    );
    assert_eq!(state(&batch), StateName::Succeeded);
}

#[test]
fn events_of_a_later_version_are_kept_with_their_own_type_and_fields() {
    let mut stream = Stream::running();
    let subject = Subject::Events {
        run: run(1),
        worker: words::worker("w1"),
    };
    let body = serde_json::json!({
        "run": run(1), "attempt": 1,
        "events": [{"seq": 1, "at": at(3), "type": "coffee_made", "cups": 2, "text": "a\u{0}b"}],
    });
    stream.raw(
        &subject.to_string(),
        serde_json::to_vec(&body).expect("JSON"),
    );
    let batch = stream.fold();
    let kept = &batch.events[2];
    assert_eq!(
        (kept.kind.as_str(), kept.refusal.as_deref()),
        ("coffee_made", None)
    );
    let fields = serde_json::json!({"cups": 2, "text": "a\u{fffd}b"});
    assert_eq!(kept.data, fields);
}

// W-11
#[test]
fn the_last_wish_about_a_scope_counts_and_is_no_runs_event() {
    let batch = Stream::running()
        .says(words::drain("pool.gpu", "new driver"))
        .says(words::drain("fleet", "the database moves"))
        .says(words::drain("pool.gpu", "another driver"))
        .says(words::undrain("fleet"))
        .fold();
    assert!(batch.unreadable.is_empty(), "{:?}", batch.unreadable);
    assert_eq!(batch.events.len(), 2);
    let drains: Vec<_> = batch
        .drains
        .iter()
        .map(|(scope, stored)| {
            let note = stored.as_ref().map(|stored| stored.drain.note.as_str());
            (scope.to_string(), note)
        })
        .collect();
    let expected = [
        ("fleet".to_owned(), None),
        ("pool.gpu".to_owned(), Some("another driver")),
    ];
    assert_eq!(drains, expected);
}

#[test]
fn folding_in_two_halves_is_folding_at_once() {
    let stream = Stream::running()
        .says(events(run(1), 1, "w1", 1, [usage(1), output("x")]))
        .says(events(run(1), 1, "w1", 3, [usage(2), succeeded()]));
    let whole = stream.fold();
    for cut in 1..stream.0.len() {
        let (first, second) = stream.0.split_at(cut);
        let mut known = Known::default();
        let begun = fold(&mut known, first);
        let ended = fold(&mut known, second);
        assert_eq!(begun.new_runs.len(), 1);
        assert_eq!(ended.changed_runs.len(), 1);
        assert_eq!(&ended.changed_runs[0], record(&whole), "cut at {cut}");
        assert_eq!([begun.events, ended.events].concat(), whole.events);
    }
}
