//! What holds for the control of every run, whatever is said and in whatever order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

proptest! {
    // H-05 H-09: run and control agree, whatever happens.
    #[test]
    fn a_run_stands_still_exactly_while_a_pause_is_in_force(facts in life()) {
        for (_, after, _) in steps(&facts) {
            agrees(&after);
        }
    }

    // H-09: time that was counted stays counted within an attempt.
    #[test]
    fn time_that_a_run_stood_still_is_never_lost_within_an_attempt(facts in life()) {
        for (before, after, _) in steps(&facts) {
            let began = before.state.lease().is_none() && after.state.lease().is_some();
            prop_assert!(began || after.control.paused_ms >= before.control.paused_ms);
        }
    }

    // H-06 H-10: a message moves along its arrows alone, and what is settled stays so.
    #[test]
    fn messages_move_along_their_arrows_and_are_told_of_at_every_step(facts in life()) {
        use MessageState as M;
        let mut kept: BTreeMap<Uuid, Message> = BTreeMap::new();
        for (_, after, told) in steps(&facts) {
            for message in told.messages {
                let from = kept.insert(message.id, message.clone());
                let to = message.state();
                let allowed = match from {
                    None => to == M::Queued,
                    // An id that is used again after its message is settled is a new message.
                    Some(from) if from.settled => to == M::Queued,
                    Some(from) => matches!(
                        (from.state(), to),
                        (M::Queued, _)
                            | (M::Delivered, M::Seen | M::Queued | M::Delivered)
                            | (M::Undelivered, M::Queued | M::Delivered | M::Undelivered)
                    ),
                };
                prop_assert!(allowed, "to {}", to);
            }
            let live: Vec<&Message> = after.control.messages.iter().collect();
            let unsettled = kept.values().filter(|it| !it.settled).count();
            prop_assert_eq!(live.len(), unsettled);
            prop_assert!(live.iter().all(|it| kept.get(&it.id) == Some(*it)));
        }
    }

    // W-12: every request ends, and is told of when it does.
    #[test]
    fn requests_for_help_are_told_of_at_every_step_and_the_first_answer_stays(facts in life()) {
        let mut kept: BTreeMap<Uuid, Help> = BTreeMap::new();
        for (_, after, told) in steps(&facts) {
            for help in told.help {
                if let Some(from) = kept.insert(help.id, help.clone())
                    && from.over.is_none()
                {
                    prop_assert!(from.answer.is_none() || from.answer == help.answer);
                }
            }
            let live: Vec<&Help> = after.control.help.iter().collect();
            let open = kept.values().filter(|it| it.over.is_none()).count();
            prop_assert_eq!(live.len(), open);
            prop_assert!(live.iter().all(|it| kept.get(&it.id) == Some(*it)));
        }
    }
}

/// Each step that was taken, with what was told of it.
fn steps(facts: &[Fact]) -> Vec<(Run, Run, Told)> {
    let mut steps = Vec::new();
    let mut now = submitted();
    now.retry.max_attempts = 2;
    for fact in facts {
        if let Ok((next, told)) = now.step_with(fact) {
            steps.push((now, next.clone(), told));
            now = next;
        }
    }
    steps
}

/// Messages in the order of their positions, sensible and senseless ones.
fn life() -> impl Strategy<Value = Vec<Fact>> {
    let kind = prop_oneof![
        2 => (1_u64..4).prop_map(|n| FactKind::Offered { attempt: attempt(n) }),
        4 => (1_u64..4).prop_map(taken),
        1 => (1_u64..4).prop_map(|n| FactKind::LeaseLost {
            attempt: attempt(n),
            by: WorkerId::supervisor(),
        }),
        1 => Just(FactKind::Commanded(Command::Redrive)),
        1 => (0_u8..4).prop_map(|n| match n {
            0 => FactKind::Commanded(Command::Cancel),
            _ => says(RunEvent::Progress),
        }),
        12 => (wishes(), 1_u128..6).prop_map(|(kind, n)| wish(n, kind)),
        24 => (1_u64..4, spoken()).prop_map(|(n, event)| said(n, event)),
    ];
    prop::collection::vec(kind, 0..80).prop_map(|kinds| {
        let placed = kinds.into_iter().zip(2_u64..);
        placed.map(|(kind, n)| fact(n, kind)).collect()
    })
}

fn wishes() -> impl Strategy<Value = WishKind> {
    (0_u8..9, 1_u128..6).prop_map(|(which, n)| match which {
        0 | 1 => pause(),
        2 => WishKind::Resume,
        3 => WishKind::Takeover { note: None },
        4 => WishKind::HandBack,
        5 | 6 => WishKind::SendMessage(MessageKind::Steering),
        7 => WishKind::CancelMessage(uuid(n)),
        _ => answer(n),
    })
}

fn spoken() -> impl Strategy<Value = RunEvent> {
    (0_u8..20, 1_u128..6).prop_map(|(which, n)| {
        let kind = match which {
            0 | 1 => delivered(n),
            2 => refused(n),
            3..=5 => paused(Some(n)),
            6 => paused_by(PauseCause::Scope),
            7 => resumed(ResumeCause::Timer),
            8 => began(n),
            9 => takeover_over(n, TakeoverEnd::HandedBack),
            10 | 11 => handed_over(n),
            12 => seen(n),
            13 => dropped(n, None),
            14 => dropped(n, Some(9)),
            15 | 16 => ask(n),
            17 => closed(n, HelpEnd::Answered),
            18 => says(RunEvent::Failed(Failure::new(
                FailureCode::AgentFailed,
                "no",
            ))),
            _ => says(RunEvent::Succeeded),
        };
        match kind {
            FactKind::Reported { event, .. } => event,
            other => unreachable!("{other:?}"),
        }
    })
}
