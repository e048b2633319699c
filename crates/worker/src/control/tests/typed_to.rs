//! An agent with a screen of its own, whose turns are begun by whoever types to it.

use baton_domain::PauseMode;
use baton_terminal::{HeldTurns, LetGo, LetGoWhy};

use super::*;

/// One that an operator has taken over, where its turn was over.
fn taken_over() -> Bench {
    let mut bench = Bench::with(Rules {
        is_typed_to: true,
        ..rules()
    });
    bench.gate(Stage::Execute);
    bench.agent(false);
    bench.happen(Input::TurnOver(Some(1)));
    let (takeover, _) = bench.wish(takeover());
    assert_eq!(turns(&bench), (Some(1), false));
    bench.checkpoint();
    let before = Before::default();
    bench.happen(Input::Noted { takeover, before });
    assert_eq!(turns(&bench), (Some(1), true));
    bench
}

/// What its host is told of its turns.
fn turns(bench: &Bench) -> (Option<u32>, bool) {
    let turns = bench.core.hold().and_then(|hold| hold.turns);
    let HeldTurns { over_after, typed } = turns.expect("it has a screen");
    (over_after, typed)
}

fn let_go(bench: &mut Bench, why: LetGoWhy) -> Vec<Event> {
    let hold = bench.core.hold().expect("it is held").id;
    bench.happen(Input::LetGo(LetGo {
        hold,
        waited_ms: 1,
        why,
    }))
}

// H-05 B-08
#[test]
fn what_an_operator_types_in_its_place_takes_its_time() {
    let mut bench = taken_over();
    let_go(&mut bench, LetGoWhy::TurnBegan);
    bench.happen(Input::TurnOver(None));
    assert_eq!(bench.wait(seconds(59)), []);
    assert_eq!(bench.core.freeze(), None);
    // Its own time is over: what they have begun has the time of any pause.
    let expired = bench.wait(seconds(1));
    assert_eq!(
        short(&expired),
        ["takeover_ended expired", "operator_needed"]
    );
    assert_eq!(turns(&bench), (None, false));
    assert_eq!(bench.core.next_due(), Some(seconds(90)));
    assert_eq!(bench.wait(seconds(30)), []);
    assert!(bench.core.freeze().is_some());
}

// H-09
#[test]
fn esc_ends_its_turn_and_not_its_rest() {
    let mut bench = taken_over();
    let_go(&mut bench, LetGoWhy::Left);
    assert_eq!(bench.core.freeze(), None);
    bench.wait(seconds(2));
    bench.checkpoint();
    bench.wait(seconds(20));
    assert_eq!(bench.core.freeze(), None);
    // Nobody knows why it goes on.
    let_go(&mut bench, LetGoWhy::Left);
    bench.wait(seconds(5));
    assert!(bench.core.freeze().is_some());
}

#[test]
fn who_has_left_its_checkpoint_in_a_former_pause_has_the_whole_time_of_the_next() {
    let mut bench = taken_over();
    let_go(&mut bench, LetGoWhy::Left);
    bench.wish(hand_back());
    bench.handed_back();
    bench.wait(seconds(100));
    bench.wish(pause(PauseMode::Soft));
    assert_eq!(bench.core.next_due(), Some(seconds(130)));
}
