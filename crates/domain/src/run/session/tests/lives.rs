//! What holds for every session, whatever is said and in whatever order.

use proptest::prelude::*;

use super::*;

proptest! {
    // H-01: only these steps are ever taken.
    #[test]
    fn a_session_moves_along_its_arrows_alone(facts in life()) {
        use SessionStatus as S;
        for (before, after) in steps(&facts) {
            let (from, to) = (before.session.status(), after.session.status());
            let allowed = from == to || match to {
                S::Disabled => false,
                S::Starting => true,
                S::Ready => from == S::Starting,
                S::Revoked => from != S::Disabled,
                S::Ended | S::Error => matches!(from, S::Starting | S::Ready),
            };
            prop_assert!(allowed, "{} to {}", from, to);
            let begun = to == S::Starting
                && before.session.generation() != after.session.generation();
            let next = before.session.generation().map_or(Generation::FIRST, Generation::next);
            prop_assert!(!begun || after.session.generation() == Some(next));
        }
    }

    // H-01: a session is live only while its run can be.
    #[test]
    fn no_session_outlives_its_run_or_its_attempt(facts in life()) {
        for (_, after) in steps(&facts) {
            let status = after.session.status();
            if after.state.name().is_terminal() {
                prop_assert!(!after.session.state.is_live());
            }
            if status == SessionStatus::Ready {
                prop_assert!(after.state.lease().is_some());
            }
            // What is live is wanted, and what was taken away is not.
            prop_assert!(!after.session.state.is_live() || after.session.wish.is_some());
            prop_assert!(status != SessionStatus::Revoked || after.session.wish.is_none());
        }
    }

    // B-05: whoever may type has the highest fence, and it only rises.
    #[test]
    fn fences_rise_and_whoever_may_type_has_the_last(facts in life()) {
        let mut last: Option<Fence> = None;
        for (before, after) in steps(&facts) {
            prop_assert!(after.session.fence >= before.session.fence);
            let fence = after.session.fence;
            prop_assert!(fence >= last);
            last = fence;
        }
    }

    // B-06: nothing that was typed is forgotten.
    #[test]
    fn chains_only_grow(facts in life()) {
        for (before, after) in steps(&facts) {
            let links = |run: &Run| run.session.audit.iter().map(|chain| chain.count).sum::<u64>();
            prop_assert!(links(&after) >= links(&before));
        }
    }
}

/// Each step that was taken.
fn steps(facts: &[Fact]) -> Vec<(Run, Run)> {
    let mut steps = Vec::new();
    let mut now = Run::submitted(id(), RetryPolicy::default(), position(1));
    for fact in facts {
        if let Ok(next) = now.apply(fact) {
            steps.push((now, next.clone()));
            now = next;
        }
    }
    steps
}

/// Messages in the order of their positions, sensible and senseless ones.
fn life() -> impl Strategy<Value = Vec<Fact>> {
    let kind = prop_oneof![
        2 => (1_u64..4).prop_map(|n| FactKind::Offered { attempt: attempt(n) }),
        4 => (1_u64..4).prop_map(|n| FactKind::LeaseTaken { attempt: attempt(n), worker: worker() }),
        1 => (1_u64..4).prop_map(|n| FactKind::LeaseReleased { attempt: attempt(n), worker: worker() }),
        1 => (1_u64..4).prop_map(|n| FactKind::LeaseLost {
            attempt: attempt(n),
            by: WorkerId::supervisor(),
        }),
        4 => Just(FactKind::Commanded(enable())),
        1 => Just(FactKind::Commanded(revoke())),
        1 => (1_u64..4).prop_map(|n| FactKind::Commanded(reseal(n))),
        1 => Just(FactKind::Commanded(Command::Cancel)),
        3 => (1_u64..9, 1_u128..4, 1_u64..4).prop_map(|(n, id, of)| match grant(n, id) {
            FactKind::Granted(it) => FactKind::Granted(GrantFact { attempt: attempt(of), ..it }),
            other => other,
        }),
        14 => (1_u64..4, 1_u64..60, spoken()).prop_map(|(n, seq, event)| said(n, seq, event)),
    ];
    prop::collection::vec(kind, 0..60).prop_map(|kinds| {
        let placed = kinds.into_iter().zip(2_u64..);
        placed.map(|(kind, n)| fact(n, kind)).collect()
    })
}

fn spoken() -> impl Strategy<Value = RunEvent> {
    (0_u8..11, 1_u64..4, 1_u64..9, 1_u128..4).prop_map(|(which, n, f, id)| match which {
        0 | 1 => starting(n),
        2 | 3 => ready(n),
        4 => event(SessionEvent::Ended(generation(n), over())),
        5 => event(SessionEvent::Failed(generation(n), over())),
        6 => event(SessionEvent::Revoked(generation(n), over())),
        7 => event(SessionEvent::Heartbeat(generation(n))),
        8 => gate(f),
        9 => write_ended(f, id),
        _ => typed("aa"),
    })
}
