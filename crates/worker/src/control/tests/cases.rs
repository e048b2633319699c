//! One thing at a time: what each command, each end of a wait and each limit comes to.

use baton_domain::{BudgetKind, PauseMode, Stage};
use baton_terminal::{LetGo, LetGoWhy};
use baton_wire::event::{MessageDelivered, MessageSeen};

use super::*;

/// What a command meets in each standing: what is said of it.
#[test]
fn every_command_has_its_answer_in_every_standing() {
    type Make = fn() -> Bench;
    type Command = fn() -> ControlCommand;
    let paused: Make = || {
        let mut bench = Bench::with_agent();
        bench.wish(pause(PauseMode::Soft));
        bench.checkpoint();
        bench
    };
    let asked: Make = || {
        let mut bench = Bench::with_agent();
        bench.wish(takeover());
        bench
    };
    let handing: Make = || {
        let mut bench = Bench::taken_over();
        bench.wish(hand_back());
        bench
    };
    let standings: [(&str, Make); 5] = [
        ("runs", Bench::with_agent),
        ("paused", paused),
        ("asked", asked),
        ("taken over", Bench::taken_over),
        ("handing back", handing),
    ];
    let commands: [(&str, Command); 4] = [
        ("pause", || pause(PauseMode::Soft)),
        ("resume", resume),
        ("takeover", takeover),
        ("hand_back", hand_back),
    ];
    let mut found = Vec::new();
    for (standing, make) in standings {
        for (name, command) in commands {
            let (_, events) = make().wish(command());
            found.push(format!("{standing}: {name}: {}", short(&events).join(", ")));
        }
    }
    let just = "the run is just being handed back: ask again";
    let expected = [
        "runs: pause: control_delivered".to_owned(),
        "runs: resume: control_delivered nothing holds the run: there was no pause, or the run goes on already".to_owned(),
        "runs: takeover: control_delivered".to_owned(),
        "runs: hand_back: control_delivered nobody has taken the run over".to_owned(),
        "paused: pause: control_delivered".to_owned(),
        "paused: resume: control_delivered, resumed operator".to_owned(),
        "paused: takeover: control_delivered".to_owned(),
        "paused: hand_back: control_delivered nobody has taken the run over".to_owned(),
        "asked: pause: control_delivered already held: taken over by anna".to_owned(),
        "asked: resume: control_delivered".to_owned(),
        "asked: takeover: control_delivered anna has taken it over already".to_owned(),
        "asked: hand_back: control_delivered the takeover has not begun yet: wait for it, or resume the run".to_owned(),
        "taken over: pause: control_delivered already held: taken over by anna".to_owned(),
        "taken over: resume: control_delivered an operator has taken the run over: hand it back".to_owned(),
        "taken over: takeover: control_delivered anna has taken it over already".to_owned(),
        "taken over: hand_back: control_delivered".to_owned(),
        format!("handing back: pause: control_delivered {just}"),
        "handing back: resume: control_delivered an operator has taken the run over: hand it back".to_owned(),
        format!("handing back: takeover: control_delivered {just}"),
        "handing back: hand_back: control_delivered it is being handed back already".to_owned(),
    ];
    assert_eq!(found, expected);
}

// H-09
#[test]
fn a_soft_pause_is_effective_at_a_checkpoint_and_by_force_when_none_comes() {
    let mut bench = Bench::with_agent();
    bench.wish(pause(PauseMode::Soft));
    assert_eq!(short(&bench.checkpoint()), ["paused checkpoint operator"]);
    assert_eq!(bench.core.next_due(), None, "it waits already");
    let mut bench = Bench::with_agent();
    bench.wish(pause(PauseMode::Soft));
    assert_eq!(bench.core.next_due(), Some(seconds(30)));
    assert_eq!(bench.wait(seconds(29)), []);
    assert_eq!(bench.core.freeze(), None);
    bench.wait(seconds(1));
    assert_eq!(bench.core.freeze().as_deref(), Some("paused by anna"));
    assert_eq!(
        short(&bench.agent(true)),
        ["paused signal operator escalated"]
    );
    let (_, events) = bench.wish(resume());
    assert_eq!(short(&events), ["control_delivered", "resumed operator"]);
    assert_eq!((bench.core.freeze(), bench.core.hold()), (None, None));
}

#[test]
fn a_hard_pause_of_a_run_that_waits_in_its_checkpoint_stops_it_by_force_too() {
    let mut bench = Bench::with_agent();
    bench.wish(pause(PauseMode::Soft));
    bench.checkpoint();
    bench.wish(pause(PauseMode::Hard));
    assert!(bench.core.freeze().is_some());
    assert_eq!(short(&bench.agent(true)), ["paused signal operator"]);
    let (_, events) = bench.wish(resume());
    assert_eq!(short(&events), ["control_delivered", "resumed operator"]);
}

#[test]
fn an_agent_whose_hook_gives_up_waiting_is_held_by_force() {
    let mut bench = Bench::with_agent();
    let (hold, _) = bench.wish(pause(PauseMode::Soft));
    bench.checkpoint();
    bench.happen(Input::LetGo(LetGo {
        hold,
        waited_ms: 1,
        why: LetGoWhy::Left,
    }));
    assert!(bench.core.freeze().is_some());
}

#[test]
fn a_pause_ends_by_itself_when_its_time_of_standing_still_is_over() {
    let mut bench = Bench::with_agent();
    let (id, _) = bench.wish(ControlCommand::Pause {
        mode: PauseMode::Soft,
        deadline_seconds: None,
        resume_after_seconds: Some(10),
        note: None,
    });
    bench.now += seconds(5);
    bench.checkpoint();
    assert_eq!(bench.core.next_due(), Some(seconds(15)));
    let events = bench.wait(seconds(10));
    assert_eq!(short(&events), ["resumed timer"]);
    assert!(
        matches!(&events[0], Event::Resumed(how) if how.command == Some(id) && how.paused_ms == Some(10_000))
    );
}

#[test]
fn a_run_that_was_paused_while_queued_begins_no_stage() {
    let mut bench = Bench::new();
    bench.wish(pause(PauseMode::Soft));
    assert_eq!(
        short(&bench.gate(Stage::Prepare)),
        ["paused stage operator"]
    );
    assert_eq!(bench.opened, []);
    bench.wish(resume());
    assert_eq!(bench.opened, [Stage::Prepare]);
    // In the middle of a stage without an agent nothing stands still.
    assert_eq!(
        short(&bench.wish(pause(PauseMode::Hard)).1),
        ["control_delivered"]
    );
    assert_eq!(
        short(&bench.gate(Stage::Execute)),
        ["paused stage operator"]
    );
}

#[test]
fn a_stage_that_a_person_lets_begin_waits_for_the_answer() {
    let rules = Rules {
        pause_before: [Stage::Publish].into(),
        ..rules()
    };
    for answer in ["go", "cancel"] {
        let mut bench = Bench::with(rules.clone());
        bench.gate(Stage::Execute);
        bench.happen(Input::AgentOver);
        let events = bench.gate(Stage::Publish);
        assert_eq!(short(&events), ["operator_needed", "paused stage policy"]);
        let Event::OperatorNeeded(needed) = &events[0] else {
            panic!("{events:?}");
        };
        let (_, events) = bench.wish(ControlCommand::AnswerHelp {
            help: needed.help,
            answer: answer.to_owned(),
            note: None,
        });
        if answer == "go" {
            let expected = [
                "operator_not_needed answered",
                "control_delivered",
                "resumed operator",
            ];
            assert_eq!(short(&events), expected);
            assert_eq!(bench.opened, [Stage::Execute, Stage::Publish]);
        } else {
            assert!(bench.done.contains(&Effect::Cancel));
            assert_eq!(short(&bench.happen(Input::Cancelled)), ["resumed cancel"]);
        }
    }
}

#[test]
fn a_budget_that_is_used_up_holds_the_run_until_it_is_raised() {
    use crate::control::Used;
    let mut bench = Bench::with_agent();
    let tokens = |tokens| {
        Input::Used(Used {
            tokens,
            ..Used::default()
        })
    };
    assert_eq!(bench.happen(tokens(99)), []);
    let events = bench.happen(tokens(120));
    assert_eq!(short(&events), ["budget_reached", "operator_needed"]);
    let Event::OperatorNeeded(needed) = &events[1] else {
        panic!("{events:?}");
    };
    let answers: Vec<&str> = needed.options.iter().map(|o| o.answer.as_str()).collect();
    assert_eq!(answers, ["stop", "raise:180", "raise:240"]);
    assert_eq!(short(&bench.checkpoint()), ["paused checkpoint budget"]);
    assert_eq!(
        short(&bench.wish(resume()).1),
        ["control_delivered the budget tokens is used up: raise it"]
    );
    let (_, events) = bench.wish(ControlCommand::AnswerHelp {
        help: needed.help,
        answer: "raise:180".to_owned(),
        note: None,
    });
    let expected = [
        "budget_raised",
        "operator_not_needed answered",
        "control_delivered",
        "resumed budget",
    ];
    assert_eq!(short(&events), expected);
    let raise = |limit| ControlCommand::RaiseBudget {
        budget: BudgetKind::Tokens,
        limit,
        note: None,
    };
    assert_eq!(
        short(&bench.wish(raise(180)).1),
        ["control_delivered the limit is 180 already: a limit only rises"]
    );
}

#[test]
fn nothing_for_long_calls_a_person_until_something_happens() {
    let rules = Rules {
        stall: Some(seconds(900)),
        ..rules()
    };
    let mut bench = Bench::with(rules);
    bench.gate(Stage::Execute);
    bench.agent(false);
    assert_eq!(bench.core.next_due(), Some(seconds(900)));
    assert_eq!(bench.wait(seconds(899)), []);
    assert_eq!(short(&bench.wait(seconds(1))), ["operator_needed"]);
    assert_eq!(bench.core.next_due(), None, "once");
    let alive = AgentNow {
        output: 1,
        ..AgentNow::default()
    };
    assert_eq!(
        short(&bench.happen(Input::Agent(alive))),
        ["operator_not_needed withdrawn"]
    );
    bench.wish(pause(PauseMode::Soft));
    bench.checkpoint();
    assert_eq!(
        bench.core.next_due(),
        None,
        "a run that is held does not hang"
    );
}

// H-05 H-09
#[test]
fn what_an_operator_did_is_told_as_the_takeovers_message_from_the_hand_back_to_the_model() {
    let mut bench = Bench::taken_over();
    let (command, _) = bench.wish(hand_back());
    bench.handed_back();
    let delivered = MessageDelivered {
        message: command,
        via: "PreToolUse".to_owned(),
        takeover: None,
    };
    let seen = MessageSeen {
        message: command,
        takeover: None,
    };
    let mut told = bench.happen(Input::MessageDelivered(delivered));
    told.extend(bench.happen(Input::MessageSeen(seen)));
    let of: Vec<Option<Uuid>> = told
        .iter()
        .map(|event| match event {
            Event::MessageDelivered(it) => it.takeover,
            Event::MessageSeen(it) => it.takeover,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(of.len() == 2 && of[0].is_some() && of[0] == of[1], "{of:?}");
}

// H-10
#[test]
fn a_message_waits_for_the_agent_and_can_be_taken_back_until_then() {
    let mut bench = Bench::new();
    let (first, _) = bench.wish(tell("one"));
    let (second, _) = bench.wish(tell("two"));
    let (_, events) = bench.wish(ControlCommand::CancelMessage { message: first });
    assert_eq!(
        short(&events),
        [
            "message_dropped it was taken back in time",
            "control_delivered"
        ]
    );
    bench.gate(Stage::Execute);
    bench.agent(false);
    let told: Vec<Uuid> = bench
        .done
        .iter()
        .filter_map(|effect| match effect {
            Effect::Tell(message) => Some(message.id),
            _ => None,
        })
        .collect();
    assert_eq!(told, [second]);
    let delivered = || {
        Input::MessageDelivered(MessageDelivered {
            message: second,
            via: "PreToolUse".to_owned(),
            takeover: None,
        })
    };
    assert_eq!(short(&bench.happen(delivered())), ["message_delivered"]);
    assert_eq!(bench.happen(delivered()), [], "the journal tells it again");
    let (_, events) = bench.wish(ControlCommand::CancelMessage { message: second });
    assert_eq!(
        short(&events),
        ["control_delivered the agent was handed it already"]
    );
    bench.wish(tell("three"));
    let events = bench.happen(Input::End(End::Finally));
    assert_eq!(
        short(&events),
        ["message_dropped the run ended before the agent could be handed it"]
    );
}
