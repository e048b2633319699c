//! What holds for the life of every run, whatever it is told and in whatever order.

use proptest::prelude::*;

use super::{attempt, fact, failure, id, position, said, worker};
use crate::{
    failure::FailureCode,
    names::WorkerId,
    retry::RetryPolicy,
    run::{
        Command, Fact, FactKind, PauseKind, Run, RunEvent, Stage, StateName,
        control::{PausedSaid, ResumedSaid},
    },
};

proptest! {
    // B-01: replays change nothing.
    #[test]
    fn folding_any_prefix_again_changes_nothing(facts in life(), cut in 0_usize..60) {
        let cut = cut.min(facts.len());
        let (once, _) = fold(start(), &facts);
        let (prefix, _) = fold(start(), &facts[..cut]);
        let (again, _) = fold(prefix, &facts);
        prop_assert_eq!(once, again);
    }

    // W-12: only a redrive leaves a terminal state, it leaves a failure only, and counts from 0.
    #[test]
    fn a_terminal_state_changes_by_a_redrive_alone(facts in life()) {
        let mut now = start();
        for fact in &facts {
            let Ok(next) = now.apply(fact) else { continue };
            let before = now.state.name();
            if before.is_terminal() {
                prop_assert_eq!(&fact.kind, &FactKind::Commanded(Command::Redrive));
                prop_assert!(matches!(before, StateName::Failed | StateName::DeadLettered));
                prop_assert_eq!(next.failures, 0);
                prop_assert_eq!(next.state.name(), StateName::RetryScheduled);
            }
            now = next;
        }
    }

    // W-12: whoever else speaks, a lease is lost by the supervisor's word alone, and a failure
    // counts only when nobody took the lease away.
    #[test]
    fn nobody_but_the_supervisor_ends_the_lease_of_another(facts in life()) {
        let mut now = start();
        for fact in &facts {
            let Ok(next) = now.apply(fact) else { continue };
            if let FactKind::LeaseLost { by, .. } = &fact.kind {
                prop_assert!(by.is_supervisor());
                let wished = now.state.lease().is_some_and(|lease| lease.release.is_some());
                let counted = !wished && now.cancel_requested_at.is_none();
                prop_assert_eq!(next.failures, now.failures + u32::from(counted));
            }
            if let (Some(held), Some(worker)) = (now.state.lease(), speaker_of(&fact.kind)) {
                prop_assert_eq!(&held.worker, worker);
            }
            now = next;
        }
    }

    // W-11: each attempt is held at most once and ends at most once.
    #[test]
    fn an_attempt_is_held_once_and_ends_once(facts in life()) {
        let (_, steps) = fold(start(), &facts);
        let (mut held, mut ended) = (Vec::new(), Vec::new());
        for (before, after) in &steps {
            match (before.state.lease(), after.state.lease()) {
                (None, Some(lease)) => held.push(lease.attempt),
                (Some(lease), None) => ended.push(lease.attempt),
                (Some(a), Some(b)) => prop_assert_eq!(&a.worker, &b.worker),
                (None, None) => {}
            }
        }
        for attempts in [held, ended] {
            let mut once = attempts.clone();
            once.dedup();
            prop_assert!(attempts.is_sorted() && once == attempts, "{:?}", attempts);
        }
    }

    #[test]
    fn failures_never_pass_the_limit_and_attempts_never_fall(facts in life()) {
        let (last, steps) = fold(start(), &facts);
        prop_assert!(last.failures <= last.retry.max_attempts);
        for (before, after) in &steps {
            prop_assert!(after.attempt >= before.attempt && after.position > before.position
                || after.position == before.position && after.attempt == before.attempt);
        }
    }
}

/// The worker that a fact comes from, for facts that come from workers.
fn speaker_of(kind: &FactKind) -> Option<&WorkerId> {
    match kind {
        FactKind::LeaseTaken { worker, .. }
        | FactKind::LeaseReleased { worker, .. }
        | FactKind::Reported { worker, .. } => Some(worker),
        _ => None,
    }
}

fn wish() -> impl Strategy<Value = Command> {
    let by = crate::names::Actor::try_from("ada".to_owned()).expect("an actor");
    prop_oneof![
        1 => Just(Command::Cancel),
        2 => Just(Command::Redrive),
        1 => Just(Command::ReleaseLease { by, note: None }),
    ]
}

/// The run after all facts that fit, and each step that was taken.
fn fold(run: Run, facts: &[Fact]) -> (Run, Vec<(Run, Run)>) {
    let mut steps = Vec::new();
    let mut now = run;
    for fact in facts {
        if let Ok(next) = now.apply(fact) {
            steps.push((now, next.clone()));
            now = next;
        }
    }
    (now, steps)
}

fn start() -> Run {
    Run::submitted(id(), RetryPolicy::default(), position(1))
}

/// Messages in the order of their positions, sensible and senseless ones.
fn life() -> impl Strategy<Value = Vec<Fact>> {
    let message = prop_oneof![
        3 => (1_u64..5).prop_map(|n| vec![FactKind::Offered { attempt: attempt(n) }]),
        4 => (1_u64..5, who()).prop_map(|(n, worker)| {
            vec![FactKind::LeaseTaken { attempt: attempt(n), worker }]
        }),
        1 => (1_u64..5, who()).prop_map(|(n, worker)| {
            vec![FactKind::LeaseReleased { attempt: attempt(n), worker }]
        }),
        1 => (1_u64..5, speaker()).prop_map(|(n, by)| {
            vec![FactKind::LeaseLost { attempt: attempt(n), by }]
        }),
        1 => wish().prop_map(|wish| vec![FactKind::Commanded(wish)]),
        8 => (1_u64..5, 1_u64..8, who(), prop::collection::vec(event(), 1..4)).prop_map(
            |(n, first, worker, events)| {
                let events = events.into_iter().zip(first..);
                events
                    .map(|(event, seq)| said(worker.as_str(), n, seq, event))
                    .collect()
            },
        ),
    ];
    prop::collection::vec(message, 0..40).prop_map(|messages| {
        let placed = messages.into_iter().zip(2_u64..);
        placed
            .flat_map(|(kinds, at)| kinds.into_iter().map(move |kind| fact(at, kind)))
            .collect()
    })
}

/// Who says that a lease is lost: mostly those who may.
fn speaker() -> impl Strategy<Value = WorkerId> {
    prop_oneof![3 => Just("supervisor"), 1 => Just("w2")].prop_map(worker)
}

fn who() -> impl Strategy<Value = WorkerId> {
    prop_oneof![Just("w1"), Just("w2")].prop_map(worker)
}

fn event() -> impl Strategy<Value = RunEvent> {
    prop_oneof![
        4 => Just(RunEvent::Progress),
        1 => Just(RunEvent::StageStarted(Stage::Execute)),
        1 => Just(RunEvent::Paused(PauseKind::Frozen, PausedSaid::default())),
        1 => Just(RunEvent::Resumed(ResumedSaid::default())),
        1 => Just(RunEvent::Succeeded),
        1 => Just(RunEvent::Failed(failure(FailureCode::AgentFailed))),
        1 => Just(RunEvent::Failed(failure(FailureCode::TimedOut))),
        1 => Just(RunEvent::Cancelled),
    ]
}
