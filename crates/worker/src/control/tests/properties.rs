//! Whatever happens in whatever order: what must be true.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Wish(u8),
    Checkpoint,
    Frozen,
    Waits(u16),
    Noted,
    HandedBack,
    Scope(bool),
    Used(u64),
    Again,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..7).prop_map(Step::Wish),
        2 => Just(Step::Checkpoint),
        1 => Just(Step::Frozen),
        2 => (0_u16..70).prop_map(Step::Waits),
        1 => Just(Step::Noted),
        1 => Just(Step::HandedBack),
        1 => any::<bool>().prop_map(Step::Scope),
        1 => (0_u64..150).prop_map(Step::Used),
        1 => Just(Step::Again),
    ]
}

fn take(bench: &mut Bench, step: &Step) -> Vec<Event> {
    match step {
        Step::Wish(0) => bench.wish(pause(PauseMode::Soft)).1,
        Step::Wish(1) => bench.wish(pause(PauseMode::Hard)).1,
        Step::Wish(2) => bench.wish(takeover()).1,
        Step::Wish(3) => bench.wish(hand_back()).1,
        Step::Wish(4) => bench.wish(tell("word")).1,
        Step::Wish(_) => bench.wish(resume()).1,
        Step::Checkpoint => bench.checkpoint(),
        Step::Frozen => {
            let frozen = bench.core.freeze().is_some();
            bench.agent(frozen)
        }
        Step::Waits(time) => bench.wait(seconds((*time).into())),
        Step::Noted => {
            let takeover = bench.core.hold().map(|hold| hold.id).unwrap_or_default();
            bench.happen(Input::Noted {
                takeover,
                before: Before::default(),
            })
        }
        Step::HandedBack => bench.handed_back(),
        Step::Scope(held) => {
            let scope = held.then(|| ScopeHold {
                scope: "fleet".to_owned(),
                by: "ben".to_owned(),
                note: String::new(),
            });
            bench.happen(Input::Scope(scope))
        }
        Step::Used(tokens) => bench.happen(Input::Used(crate::control::Used {
            tokens: *tokens,
            ..crate::control::Used::default()
        })),
        Step::Again => {
            let kept = serde_json::to_string(&bench.core.state).expect("it can be kept");
            let state = serde_json::from_str(&kept).expect("it can be read");
            bench.core = Core::new(rules(), state, bench.now, fresh);
            bench.agent(false)
        }
    }
}

proptest! {
    // H-09
    #[test]
    fn pauses_and_resumes_pair_up_and_an_end_ends_them_all(steps in proptest::collection::vec(step(), 0..40)) {
        let mut bench = Bench::with_agent();
        let (mut paused, mut taken) = (false, false);
        for step in &steps {
            for event in take(&mut bench, step) {
                match event {
                    Event::Paused { .. } => paused = true,
                    Event::Resumed(_) => {
                        prop_assert!(paused, "resumed what did not stand still: {steps:?}");
                        paused = false;
                    }
                    Event::TakeoverBegan(_) => {
                        prop_assert!(paused && !taken, "{steps:?}");
                        taken = true;
                    }
                    Event::TakeoverEnded(_) => {
                        prop_assert!(taken, "{steps:?}");
                        taken = false;
                    }
                    _ => {}
                }
            }
            prop_assert!(bench.core.hold().is_some() || bench.core.freeze().is_none());
            prop_assert!(!paused || bench.core.hold().is_some(), "nothing holds it: {steps:?}");
        }
        bench.happen(Input::Cancelled);
        bench.happen(Input::End(End::Finally));
        prop_assert_eq!((bench.core.hold(), bench.core.freeze(), bench.core.next_due()), (None, None, None));
        prop_assert!(bench.core.state.helps.is_empty());
    }

    #[test]
    fn a_command_that_comes_twice_is_obeyed_once(steps in proptest::collection::vec(step(), 0..20)) {
        let mut bench = Bench::with_agent();
        for step in &steps {
            take(&mut bench, step);
        }
        let again = message(Uuid::from_u128(bench.commands.max(1)), pause(PauseMode::Hard));
        if bench.commands > 0 {
            let before = bench.core.state.clone();
            prop_assert_eq!(bench.happen(Input::Command(again)), []);
            prop_assert_eq!(before, bench.core.state.clone());
        }
    }
}
