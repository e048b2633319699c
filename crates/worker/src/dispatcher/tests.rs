//! The dispatcher as a table: a story of inputs, and what each is answered with.

use uuid::Uuid;

use super::*;

fn run(n: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(n))
}

fn at(n: u64) -> Position {
    Position::new(n).unwrap()
}

fn offered(n: u128) -> Input {
    Input::Offered {
        run: run(n),
        attempt: Attempt::FIRST,
        slots: Slots::ONE,
    }
}

fn heavy(n: u128, slots: u32) -> Input {
    Input::Offered {
        run: run(n),
        attempt: Attempt::FIRST,
        slots: Slots::new(slots).expect("1 to 64"),
    }
}

fn won(n: u128) -> Input {
    Input::LeaseWon {
        run: run(n),
        position: at(7),
    }
}

fn start(n: u128) -> Vec<Effect> {
    vec![
        Effect::AckOffer { run: run(n) },
        Effect::Start {
            run: run(n),
            position: at(7),
        },
    ]
}

fn with(mut effects: Vec<Effect>, more: Effect) -> Vec<Effect> {
    effects.push(more);
    effects
}

fn take(n: u128) -> Effect {
    Effect::TakeLease { run: run(n) }
}

fn hand_back(n: u128, reason: &str) -> Effect {
    Effect::Stop {
        run: run(n),
        reason: StopReason::HandBack(reason.to_owned()),
    }
}

/// Plays a story and checks every answer.
fn play(slots: u32, turns: Turns, story: Vec<(Input, Vec<Effect>)>) {
    play_with(Dispatcher::new(slots, turns), story);
}

fn play_with(mut dispatcher: Dispatcher, story: Vec<(Input, Vec<Effect>)>) {
    assert_eq!(
        dispatcher.apply(Input::Started),
        [],
        "nobody has said that it may"
    );
    for (n, (input, expected)) in story.into_iter().enumerate() {
        let what = format!("step {n}: {input:?}");
        assert_eq!(dispatcher.apply(input), expected, "{what}");
    }
}

const AT_ONCE: &str = "the worker is leaving at once";
const TOO_LATE: &str = "the worker is leaving: its time to finish is over";

#[test]
fn a_worker_claims_for_as_long_as_it_has_a_free_slot() {
    let ended = |n| Input::RunEnded { run: run(n) };
    play(
        2,
        Turns::Endless,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (offered(1), vec![take(1), Effect::Claim]),
            (won(1), start(1)),
            (offered(2), vec![take(2)]),
            (won(2), start(2)),
            (ended(1), vec![Effect::Claim]),
            (ended(2), vec![]),
            (Input::NothingOffered, vec![Effect::Claim]),
        ],
    );
}

#[test]
fn an_offer_whose_lease_is_taken_is_dropped_and_an_unclear_one_returned() {
    let taken = Input::LeaseTaken { run: run(1) };
    let unclear = Input::LeaseUnclear { run: run(1) };
    play(
        1,
        Turns::Endless,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (offered(1), vec![take(1)]),
            (taken, vec![Effect::AckOffer { run: run(1) }, Effect::Claim]),
            (offered(1), vec![take(1)]),
            (
                unclear,
                vec![Effect::ReturnOffer { run: run(1) }, Effect::Claim],
            ),
        ],
    );
}

#[test]
fn a_run_is_not_begun_beside_itself() {
    play(
        2,
        Turns::Endless,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (offered(1), vec![take(1), Effect::Claim]),
            (
                offered(1),
                vec![Effect::ReturnOffer { run: run(1) }, Effect::Claim],
            ),
        ],
    );
}

#[test]
fn a_soft_stop_finishes_what_is_held_and_hands_back_what_takes_too_long() {
    let armed = vec![Effect::StopClaiming, Effect::ArmDrainDeadline];
    play(
        2,
        Turns::Endless,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (offered(1), vec![take(1), Effect::Claim]),
            (Input::SoftStop, armed),
            (Input::SoftStop, vec![]),
            (won(1), start(1)),
            (Input::NothingOffered, vec![]),
            (
                Input::DrainDeadline,
                vec![Effect::StopClaiming, hand_back(1, TOO_LATE)],
            ),
            (Input::RunEnded { run: run(1) }, vec![Effect::Leave]),
        ],
    );
}

#[test]
fn a_hard_stop_hands_back_even_what_was_just_won() {
    let released = Effect::Release {
        run: run(2),
        position: at(7),
    };
    play(
        3,
        Turns::Endless,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (offered(1), vec![take(1), Effect::Claim]),
            (won(1), start(1)),
            (offered(2), vec![take(2), Effect::Claim]),
            (
                Input::HardStop,
                vec![Effect::StopClaiming, hand_back(1, AT_ONCE)],
            ),
            (won(2), vec![Effect::AckOffer { run: run(2) }, released]),
            (offered(3), vec![Effect::ReturnOffer { run: run(3) }]),
            (Input::RunEnded { run: run(1) }, vec![Effect::Leave]),
        ],
    );
}

#[test]
fn an_idle_worker_leaves_as_soon_as_its_search_has_ended() {
    play(
        1,
        Turns::Endless,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (
                Input::SoftStop,
                vec![Effect::StopClaiming, Effect::ArmDrainDeadline],
            ),
            (Input::NothingOffered, vec![Effect::Leave]),
        ],
    );
}

#[test]
fn one_turn_is_one_run_or_none() {
    play(
        4,
        Turns::One,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (offered(1), vec![take(1)]),
            (
                Input::LeaseTaken { run: run(1) },
                with(vec![Effect::AckOffer { run: run(1) }], Effect::Claim),
            ),
            (offered(2), vec![take(2)]),
            (won(2), start(2)),
            (Input::RunEnded { run: run(2) }, vec![Effect::Leave]),
        ],
    );
    play(
        1,
        Turns::One,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (Input::NothingOffered, vec![Effect::Leave]),
        ],
    );
}

// W-11
#[test]
fn a_drained_worker_finishes_what_it_holds_and_takes_runs_again_when_it_may() {
    let stop = vec![Effect::StopClaiming];
    let given_back = vec![Effect::ReturnOffer { run: run(3) }];
    play(
        3,
        Turns::Endless,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (offered(1), vec![take(1), Effect::Claim]),
            (won(1), start(1)),
            (offered(2), vec![take(2), Effect::Claim]),
            (Input::Drained, stop.clone()),
            // Its lease was on the way: it is held, and finished.
            (won(2), start(2)),
            (offered(3), given_back),
            (Input::RunEnded { run: run(2) }, vec![]),
            (Input::Undrained, vec![Effect::Claim]),
            (Input::Undrained, vec![]),
            (Input::Drained, stop.clone()),
            // Undrained before the search was given up: it goes on with the next.
            (Input::Undrained, vec![]),
            (Input::NothingOffered, vec![Effect::Claim]),
            (Input::Drained, stop),
            (Input::NothingOffered, vec![]),
            (Input::RunEnded { run: run(1) }, vec![]),
            (Input::Undrained, vec![Effect::Claim]),
        ],
    );
}

// W-11
#[test]
fn a_worker_that_is_to_leave_when_drained_leaves_once_it_holds_nothing_and_for_good() {
    let leaves = Dispatcher::new(1, Turns::Endless).when_drained(WhenDrained::Leave);
    play_with(
        leaves,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (offered(1), vec![take(1)]),
            (won(1), start(1)),
            (Input::Drained, vec![Effect::StopClaiming]),
            (Input::RunEnded { run: run(1) }, vec![Effect::Leave]),
            (Input::Undrained, vec![Effect::Leave]),
        ],
    );
}

// W-03
#[test]
fn a_heavy_run_takes_its_slots_and_one_that_does_not_fit_goes_back() {
    let ended = |n| Input::RunEnded { run: run(n) };
    play(
        4,
        Turns::Endless,
        vec![
            (Input::Undrained, vec![Effect::Claim]),
            (heavy(1, 3), vec![take(1), Effect::Claim]),
            (won(1), start(1)),
            (
                heavy(2, 2),
                vec![Effect::ReturnOffer { run: run(2) }, Effect::Claim],
            ),
            (offered(3), vec![take(3)]),
            (won(3), start(3)),
            (ended(1), vec![Effect::Claim]),
            (heavy(2, 3), vec![take(2)]),
        ],
    );
}

// B-09
#[test]
fn what_was_taken_up_again_has_its_slots_before_anything_is_checked() {
    let adopted = |n| Input::Adopted {
        run: run(n),
        slots: Slots::ONE,
    };
    let stay = StopReason::Leave;
    let mut dispatcher = Dispatcher::new(2, Turns::Endless);
    assert_eq!(dispatcher.apply(adopted(1)), []);
    assert_eq!(dispatcher.apply(Input::Undrained), [], "it is not ready");
    assert_eq!(dispatcher.apply(Input::Started), [Effect::Claim]);
    assert_eq!(dispatcher.apply(adopted(2)), []);
    let left = dispatcher.apply(Input::Left);
    let stop = |n| Effect::Stop {
        run: run(n),
        reason: stay.clone(),
    };
    assert_eq!(left, [Effect::StopClaiming, stop(1), stop(2)]);
}

// B-09 W-08
#[test]
fn a_worker_that_lacks_something_leaves_when_what_it_took_up_has_ended() {
    let mut dispatcher = Dispatcher::new(2, Turns::Endless);
    let slots = Slots::ONE;
    assert_eq!(dispatcher.apply(Input::Adopted { run: run(1), slots }), []);
    assert_eq!(dispatcher.apply(Input::Undrained), []);
    assert_eq!(dispatcher.apply(Input::Unfit), [Effect::StopClaiming]);
    let ended = dispatcher.apply(Input::RunEnded { run: run(1) });
    assert_eq!(ended, [Effect::Leave]);
}
