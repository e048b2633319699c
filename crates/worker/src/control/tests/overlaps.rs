//! What overlaps, with the answer that is defined for it.

use baton_domain::{PauseMode, Stage};
use baton_terminal::Held;

use super::*;

// B-08 H-09
#[test]
fn a_takeover_begins_when_the_run_stands_still_and_ends_with_what_was_done() {
    let mut bench = Bench::with_agent();
    let (takeover, _) = bench.wish(takeover());
    assert_eq!(short(&bench.checkpoint()), ["paused checkpoint takeover"]);
    assert!(bench.done.contains(&Effect::NoteWorkspace(takeover)));
    let before = Before::default();
    let events = bench.happen(Input::Noted { takeover, before });
    assert_eq!(short(&events), ["takeover_began"]);
    bench.wish(hand_back());
    let events = bench.handed_back();
    assert_eq!(
        short(&events),
        ["takeover_ended handed_back", "resumed hand_back"]
    );
    assert_eq!(bench.core.hold(), None);
    let told = |effect: &Effect| matches!(effect, Effect::Tell(m) if m.text == "what was done");
    assert!(bench.done.iter().any(told));
}

#[test]
fn a_takeover_that_nobody_ends_is_a_pause_until_somebody_decides() {
    let mut bench = Bench::taken_over();
    assert_eq!(bench.core.next_due(), Some(seconds(60)));
    let events = bench.wait(seconds(60));
    let expected = [
        "takeover_ended expired",
        "operator_needed",
        "paused checkpoint operator",
    ];
    assert_eq!(short(&events), expected);
    assert!(bench.done.contains(&Effect::CloseShell));
    let (_, events) = bench.wish(resume());
    let expected = [
        "control_delivered",
        "resumed operator",
        "operator_not_needed withdrawn",
    ];
    assert_eq!(short(&events), expected);
}

#[test]
fn a_cancel_comes_before_every_pause() {
    let mut bench = Bench::taken_over();
    bench.wish(ControlCommand::Cancel { note: None });
    let events = bench.happen(Input::Cancelled);
    assert_eq!(
        short(&events),
        ["takeover_ended run_ended", "resumed cancel"]
    );
    assert_eq!((bench.core.hold(), bench.core.freeze()), (None, None));
    let (_, events) = bench.wish(pause(PauseMode::Hard));
    assert_eq!(short(&events), ["control_delivered the run is ending"]);
}

#[test]
fn a_second_resume_is_refused_and_the_first_withdraws_a_pause_that_is_not_effective() {
    let mut bench = Bench::with_agent();
    bench.wish(pause(PauseMode::Soft));
    assert_eq!(short(&bench.wish(resume()).1), ["control_delivered"]);
    assert_eq!(bench.core.hold(), None);
    let (_, events) = bench.wish(resume());
    assert!(
        short(&events)[0].starts_with("control_delivered nothing holds"),
        "{events:?}"
    );
}

#[test]
fn a_command_that_was_missed_and_is_told_late_changes_nothing() {
    let mut bench = Bench::with_agent();
    let (_, _) = bench.wish(pause(PauseMode::Soft));
    let (_, _) = bench.wish(resume());
    let missed = message(Uuid::from_u128(1), pause(PauseMode::Hard));
    assert_eq!(
        bench.happen(Input::Command(missed.clone())),
        [],
        "it was obeyed"
    );
    let late = ControlMessage {
        id: Uuid::from_u128(u128::MAX),
        at: missed.at - chrono::TimeDelta::milliseconds(1),
        ..missed
    };
    assert_eq!(
        short(&bench.happen(Input::Command(late))),
        ["control_delivered a later command has its place already"]
    );
    assert_eq!(bench.core.freeze(), None);
}

#[test]
fn an_operators_resume_leaves_the_pause_of_the_pool() {
    let mut bench = Bench::with_agent();
    let pool = ScopeHold {
        scope: "pool.default".to_owned(),
        by: "ben".to_owned(),
        note: "the disk is full".to_owned(),
    };
    bench.happen(Input::Scope(Some(pool.clone())));
    assert_eq!(bench.happen(Input::Scope(Some(pool))), [], "told again");
    assert_eq!(short(&bench.checkpoint()), ["paused checkpoint scope"]);
    let (_, events) = bench.wish(resume());
    assert_eq!(
        short(&events),
        ["control_delivered pool.default is paused by ben: resume that"]
    );
    bench.wish(pause(PauseMode::Soft));
    assert_eq!(short(&bench.checkpoint()), ["paused checkpoint operator"]);
    assert_eq!(short(&bench.wish(resume()).1), ["control_delivered"]);
    assert_eq!(short(&bench.checkpoint()), ["paused checkpoint scope"]);
    assert_eq!(short(&bench.happen(Input::Scope(None))), ["resumed scope"]);
}

#[test]
fn the_next_attempt_starts_held_when_the_lease_is_lost_while_paused() {
    for command in [pause(PauseMode::Soft), takeover()] {
        let rules = Rules {
            retried_at: Some("2027-01-01T00:00:00Z".parse().expect("a time")),
            ..rules()
        };
        let mut bench = Bench::with(rules);
        bench.wish(pause(PauseMode::Hard));
        bench.wish(resume());
        let (_, events) = bench.wish(command);
        assert_eq!(short(&events), ["control_delivered"]);
        assert_eq!(
            short(&bench.gate(Stage::Prepare)),
            ["paused stage operator"]
        );
        assert_eq!(bench.opened, []);
    }
}

#[test]
fn a_takeover_that_comes_too_late_holds_the_run_before_its_next_stage() {
    let mut bench = Bench::with_agent();
    bench.wish(takeover());
    bench.happen(Input::AgentOver);
    assert_eq!(
        short(&bench.gate(Stage::Publish)),
        ["paused stage operator"]
    );
    let mut bench = Bench::with_agent();
    bench.happen(Input::AgentOver);
    let (_, events) = bench.wish(takeover());
    assert_eq!(
        short(&events),
        ["control_delivered its agent has ended: there is nothing to take over"]
    );
}

#[test]
fn a_takeover_of_a_run_that_waits_for_its_stage_lets_it_come_to_its_agent() {
    let mut bench = Bench::new();
    bench.wish(pause(PauseMode::Soft));
    bench.gate(Stage::Execute);
    let (_, events) = bench.wish(takeover());
    assert_eq!(short(&events), ["control_delivered", "resumed operator"]);
    assert_eq!(bench.opened, [Stage::Execute]);
    bench.agent(false);
    assert_eq!(short(&bench.checkpoint()), ["paused checkpoint takeover"]);
}

// B-09
#[test]
fn a_worker_started_again_goes_on_with_the_same_pause() {
    let mut bench = Bench::with_agent();
    let (hold, _) = bench.wish(pause(PauseMode::Soft));
    bench.checkpoint();
    let kept = serde_json::to_string(&bench.core.state).expect("it can be kept");
    let state: State = serde_json::from_str(&kept).expect("it can be read");
    bench.core = Core::new(rules(), state, seconds(100), fresh);
    let again = message(hold, pause(PauseMode::Soft));
    assert_eq!(
        bench.happen(Input::Command(again)),
        [],
        "told from the first"
    );
    assert_eq!(bench.agent(false), []);
    assert_eq!(bench.checkpoint(), [], "the journal tells it again");
    assert_eq!(bench.core.hold().map(|hold| hold.id), Some(hold));
    let (_, events) = bench.wish(resume());
    assert_eq!(short(&events), ["control_delivered", "resumed operator"]);
    let old = Held {
        hold,
        before: "Bash".to_owned(),
    };
    assert_eq!(
        bench.happen(Input::Held(old)),
        [],
        "what is long over is nothing"
    );
}
