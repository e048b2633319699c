//! Agents whose turns are begun by whoever types to them: held between two turns, and worked with.

use super::*;

/// A hold for a pause, or for an operator who types to the agent.
fn hold(number: u128, typed: bool) -> Said {
    over(number, typed, None)
}

fn over(number: u128, typed: bool, over_after: Option<u32>) -> Said {
    hold_of(number, Some(HeldTurns { over_after, typed }))
}

/// A call of the agent at a moment; whether it may go on.
fn arrives(desk: &mut Desk, call: u64, at: Moment) -> bool {
    let effects = hear(desk, Said::Checkpoint(CallId(call), ask(at), id(99)));
    gone_on(&effects).is_some()
}

/// What the journal tells of standing still.
fn told(effects: &[Effect]) -> Vec<String> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Keep(What::Held(held)) => Some(format!("held before {}", held.before)),
        Effect::Keep(What::LetGo(let_go)) => Some(format!("{:?}", let_go.why)),
        _ => None,
    });
    told.collect()
}

/// An agent whose first turn has ended.
fn between() -> Desk {
    let mut desk = Desk::default();
    assert!(arrives(&mut desk, 1, Moment::Context));
    assert!(arrives(&mut desk, 2, Moment::BeforeTool));
    assert!(!desk.is_between_turns());
    assert!(arrives(&mut desk, 3, Moment::TurnEnd));
    assert!(desk.is_between_turns());
    desk
}

// H-05 H-09 B-03
#[test]
fn a_hold_is_in_force_at_once_where_the_turn_is_over_and_the_next_one_waits() {
    let mut desk = between();
    let effects = hear(&mut desk, hold(1, false));
    assert_eq!(told(&effects), ["held before its next turn"]);
    assert!(desk.is_held());
    assert!(!arrives(&mut desk, 4, Moment::Context));
    let effects = hear(&mut desk, Said::Hold(None));
    assert_eq!(told(&effects), ["Released"]);
    assert!(gone_on(&effects).is_some());
    assert!(!desk.is_between_turns());
    assert_eq!(desk.prompts(), 2);
}

#[test]
fn a_hold_of_an_agent_without_a_screen_knows_no_turns() {
    let mut desk = between();
    let label = String::new();
    let turns = None;
    let hold = Hold {
        id: id(1),
        label,
        turns,
    };
    assert_eq!(told(&hear(&mut desk, Said::Hold(Some(hold)))), [""; 0]);
    assert!(arrives(&mut desk, 4, Moment::Context));
    assert!(!arrives(&mut desk, 5, Moment::BeforeTool));
}

#[test]
fn a_turn_that_begins_and_is_taken_back_while_it_waits_has_not_begun() {
    let mut desk = between();
    hear(&mut desk, hold(1, false));
    assert!(!arrives(&mut desk, 4, Moment::Context));
    assert_eq!(told(&hear(&mut desk, Said::Gone(CallId(4)))), [""; 0]);
    assert!(desk.is_held() && desk.is_between_turns());
    assert_eq!(desk.prompts(), 1);
}

// H-05 B-08
#[test]
fn what_an_operator_types_in_the_agents_place_is_done_and_then_it_waits_again() {
    let mut desk = between();
    hear(&mut desk, hold(1, true));
    let effects = hear(
        &mut desk,
        Said::Checkpoint(CallId(4), ask(Moment::Context), id(99)),
    );
    assert_eq!(told(&effects), ["TurnBegan"]);
    assert!(arrives(&mut desk, 5, Moment::BeforeTool));
    assert!(arrives(&mut desk, 6, Moment::AfterTool));
    assert!(!desk.is_held());
    let effects = hear(
        &mut desk,
        Said::Checkpoint(CallId(7), ask(Moment::TurnEnd), id(99)),
    );
    assert_eq!(told(&effects), ["held before its next turn"]);
    // Nobody types in its place any more: what begins now waits.
    hear(&mut desk, hold(1, false));
    assert!(desk.is_held());
    assert!(!arrives(&mut desk, 8, Moment::Context));
}

#[test]
fn a_turn_that_an_operator_has_begun_is_held_once_they_have_lost_its_place() {
    let mut desk = between();
    hear(&mut desk, hold(1, true));
    assert!(arrives(&mut desk, 4, Moment::Context));
    hear(&mut desk, hold(1, false));
    assert!(!desk.is_held());
    assert!(!arrives(&mut desk, 5, Moment::BeforeTool));
    assert!(desk.is_held());
}

// B-08
#[test]
fn the_agents_own_turn_goes_no_further_because_somebody_types() {
    let mut desk = Desk::default();
    arrives(&mut desk, 1, Moment::Context);
    hear(&mut desk, hold(1, false));
    assert!(!arrives(&mut desk, 2, Moment::BeforeTool));
    hear(&mut desk, hold(1, true));
    // Typed ahead: the agent takes it up when its tool is done, or its turn is stopped.
    assert!(arrives(&mut desk, 3, Moment::Context));
    assert!(desk.is_held());
    let effects = hear(&mut desk, Said::Gone(CallId(2)));
    assert_eq!(told(&effects), ["TurnBegan"]);
    assert!(arrives(&mut desk, 4, Moment::BeforeTool));
}

#[test]
fn its_own_turn_ends_while_an_operator_has_its_place_unless_something_waits_for_that() {
    for waits in [false, true] {
        let mut desk = Desk::default();
        arrives(&mut desk, 1, Moment::Context);
        if waits {
            hear(&mut desk, message(1, MessageKind::Queued));
        }
        hear(&mut desk, hold(1, false));
        assert!(!arrives(&mut desk, 2, Moment::TurnEnd));
        let effects = hear(&mut desk, hold(1, true));
        assert_eq!(gone_on(&effects).is_some(), !waits);
        assert_eq!(desk.is_between_turns(), !waits);
        assert!(desk.is_held());
    }
}

#[test]
fn the_record_tells_of_a_turn_that_was_stopped_but_not_of_one_that_began_since() {
    let mut desk = Desk::default();
    arrives(&mut desk, 1, Moment::Context);
    hear(&mut desk, hold(1, false));
    assert!(!arrives(&mut desk, 2, Moment::BeforeTool));
    assert_eq!(told(&hear(&mut desk, Said::Gone(CallId(2)))), ["Left"]);
    assert_eq!(told(&hear(&mut desk, over(1, false, Some(0)))), [""; 0]);
    let effects = hear(&mut desk, over(1, false, Some(1)));
    assert_eq!(told(&effects), ["held before its next turn"]);
}

// H-06 B-04
#[test]
fn a_turn_that_is_begun_for_them_takes_messages_of_both_kinds() {
    for (woken, wanted) in [(false, 1), (true, 2)] {
        let mut desk = Desk::default();
        hear(&mut desk, message(1, MessageKind::Steering));
        hear(&mut desk, message(2, MessageKind::Queued));
        if woken {
            hear(&mut desk, Said::Woken);
        }
        let prompt = Said::Checkpoint(CallId(1), ask(Moment::Context), id(9));
        let effects = hear(&mut desk, prompt);
        assert_eq!(gone_on(&effects).map(|go| go.messages.len()), Some(wanted));
    }
}
