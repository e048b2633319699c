//! What becomes of a takeover that was handed back.

use super::*;

/// The message by which the agent is told of a hand-back: an operator's, but for the worker writing
/// it. `dropped` may still be heard of.
const HAND_BACKS: &str = "
fact            | none         | queued       | delivered    | seen         | dropped
handed over     | !wrong_state | delivered    | !wrong_state | !wrong_state | delivered
seen            | !wrong_state | !wrong_state | seen         | !wrong_state | !wrong_state
dropped         | !wrong_state | dropped      | !wrong_state | !wrong_state | !wrong_state
take back       | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state
lost            | none         | undelivered  | delivered    | seen         | undelivered
failed          | none         | undelivered  | delivered    | seen         | undelivered
succeeded       | none         | undelivered  | delivered    | seen         | undelivered
progress        | none         | queued       | delivered    | seen         | dropped
";

// H-05 H-09
#[test]
fn every_state_of_a_hand_back_answers_every_fact_as_the_table_says() {
    check(HAND_BACKS, hand_back_in, hand_back_fact, hand_back_of);
}

// H-05 H-09
#[test]
fn a_hand_back_is_remembered_until_its_message_is_settled_and_another_one_comes() {
    let again = |first: u128| {
        vec![
            wish(first, WishKind::Takeover { note: None }),
            delivered(first),
            paused(Some(first)),
            began(first),
            wish(first + 1, WishKind::HandBack),
            takeover_over(first, TakeoverEnd::HandedBack),
            resumed(ResumeCause::HandBack),
        ]
    };
    let ids = |run: &Run| -> Vec<Uuid> {
        let hand_backs = run.control.hand_backs.iter();
        hand_backs.map(|it| it.message.id).collect()
    };
    let once = after(held_run(), again(1));
    assert_eq!(once.control.hand_backs[0].by, ada());
    assert_eq!(once.control.pending_messages(), 0, "no operator wrote it");
    let twice = after(once, [vec![handed_over(2)], again(3)].concat());
    assert_eq!(ids(&twice), [uuid(2), uuid(4)]);
    let settled = after(twice, [seen(2), handed_over(4), seen(4)]);
    assert_eq!(ids(&settled), [uuid(2), uuid(4)]);
    let thrice = after(settled, again(5));
    assert_eq!(ids(&thrice), [uuid(6)]);
    let lost = after(thrice, [run_fact("lost", &held_run())]);
    assert_eq!(
        ids(&lost),
        [uuid(6)],
        "the last attempt's, while none is held"
    );
    let attempt = attempt(2);
    let next = after(lost, [FactKind::Offered { attempt }, taken(2)]);
    assert!(ids(&next).is_empty());
}

/// Command 1 wished the takeover, command 2 handed it back.
fn hand_back_in(state: &str) -> Run {
    let back = || {
        vec![
            wish(2, WishKind::HandBack),
            takeover_over(1, TakeoverEnd::HandedBack),
            resumed(ResumeCause::HandBack),
        ]
    };
    let facts = match state {
        "none" => vec![],
        "queued" => back(),
        "delivered" => [back(), vec![handed_over(2)]].concat(),
        "seen" => [back(), vec![handed_over(2), seen(2)]].concat(),
        "dropped" => [back(), vec![dropped(2, None)]].concat(),
        other => panic!("no such state: {other}"),
    };
    let taken = pause_in("taken");
    match state {
        "none" => after(taken, [resumed(ResumeCause::Operator)]),
        _ => after(taken, facts),
    }
}

fn hand_back_fact(row: &str, run: &Run) -> FactKind {
    match row {
        "handed over" => handed_over(2),
        "seen" => seen(2),
        "dropped" => dropped(2, None),
        "take back" => wish(9, WishKind::CancelMessage(uuid(2))),
        other => run_fact(other, run),
    }
}

/// How far the last hand-back's message has come.
fn hand_back_of(run: &Run, told: &Told) -> String {
    assert_eq!(told.messages, [], "no operator wrote it");
    match run.control.hand_backs.last() {
        None => "none".to_owned(),
        Some(back) => {
            assert_eq!((back.takeover, back.message.id), (uuid(1), uuid(2)));
            match &back.message.standing {
                MessageStanding::Undelivered { .. } if !back.message.settled => "dropped",
                _ => back.message.state().as_str(),
            }
            .to_owned()
        }
    }
}
