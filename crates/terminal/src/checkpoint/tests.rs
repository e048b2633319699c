//! Every moment with every wish.

mod turns;

use std::time::Duration;

use baton_domain::{HelpEnd, MessageKind};

use super::*;
use crate::control::HeldTurns;

fn ask(at: Moment) -> Checkpoint {
    Checkpoint {
        baton: AGENT_PROTOCOL,
        at,
        via: "hook".to_owned(),
        tool: Some("Bash".to_owned()),
        tool_use: Some("1".to_owned()),
        session: Some("main".to_owned()),
        detail: None,
        deaf: false,
    }
}

const ALL: [Moment; 7] = [
    Moment::BeforeTool,
    Moment::AfterTool,
    Moment::Permission,
    Moment::TurnEnd,
    Moment::Context,
    Moment::Step,
    Moment::Unknown,
];

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn message(number: u128, kind: MessageKind) -> Said {
    Said::Tell(AgentMessage {
        id: id(number),
        kind,
        from: "anna".to_owned(),
        text: format!("text {number}"),
    })
}

/// A wish to hold the agent; `turns` for one with a screen of its own.
fn hold_of(number: u128, turns: Option<HeldTurns>) -> Said {
    Said::Hold(Some(Hold {
        id: id(number),
        label: String::new(),
        turns,
    }))
}

fn hear(desk: &mut Desk, said: Said) -> Vec<Effect> {
    desk.hear(said, Duration::ZERO)
}

/// The call's own word, if it may go on.
fn gone_on(effects: &[Effect]) -> Option<&Go> {
    effects.iter().find_map(|effect| match effect {
        Effect::Say(_, HostWord::Go(go)) => Some(go),
        _ => None,
    })
}

#[test]
fn every_moment_but_a_beginning_is_held() {
    for at in ALL {
        let mut desk = Desk::default();
        hear(&mut desk, hold_of(1, None));
        let effects = hear(&mut desk, Said::Checkpoint(CallId(1), ask(at), id(2)));
        let begins = matches!(at, Moment::Context | Moment::Unknown);
        assert_eq!(gone_on(&effects).is_some(), begins, "{at:?}");
        assert_eq!(desk.is_held(), !begins, "{at:?}");
        let effects = hear(&mut desk, Said::Hold(None));
        let asked = at == Moment::Permission;
        assert_eq!(gone_on(&effects).is_some(), !begins && !asked, "{at:?}");
        assert!(!desk.is_held());
        assert_eq!(desk.asks(), asked);
    }
}

#[test]
fn messages_go_with_moments_of_their_kind() {
    for at in ALL {
        for deaf in [false, true] {
            let mut desk = Desk::default();
            hear(&mut desk, message(1, MessageKind::Steering));
            hear(&mut desk, message(2, MessageKind::Queued));
            let ask = Checkpoint { deaf, ..ask(at) };
            let effects = hear(&mut desk, Said::Checkpoint(CallId(1), ask, id(9)));
            let go = gone_on(&effects).cloned().unwrap_or_default();
            let handed: Vec<&str> = go.messages.iter().map(|m| m.text.as_str()).collect();
            let wanted: &[&str] = match at {
                _ if deaf => &[],
                Moment::TurnEnd => &["text 1", "text 2"],
                Moment::Permission | Moment::Unknown => &[],
                _ => &["text 1"],
            };
            assert_eq!(handed, wanted, "{at:?} {deaf}");
        }
    }
}

#[test]
fn a_host_gives_much_in_parts() {
    let mut desk = Desk::default();
    for number in 0..5 {
        hear(
            &mut desk,
            Said::Tell(AgentMessage {
                id: id(number),
                kind: MessageKind::Steering,
                from: "anna".to_owned(),
                text: "x".repeat(30 << 10),
            }),
        );
    }
    let mut counts = Vec::new();
    for call in 0..4 {
        let said = Said::Checkpoint(CallId(call), ask(Moment::BeforeTool), id(9));
        counts.push(gone_on(&hear(&mut desk, said)).unwrap().messages.len());
    }
    assert_eq!(counts, [2, 2, 1, 0]);
}

#[test]
fn only_the_word_itself_gives_a_permission_and_questions_are_bounded() {
    let mut desk = Desk::default();
    let question = |desk: &mut Desk, number: u128, question: &str| {
        let ask = HelpAsk::new(question);
        let call = CallId(u64::try_from(number).unwrap());
        hear(desk, Said::Help(call, ask, id(number)))
    };
    assert!(matches!(
        &question(&mut desk, 1, " \n")[..],
        [Effect::Say(_, HostWord::Refused { .. })]
    ));
    for number in 1..=20 {
        let effects = question(&mut desk, number, &"ä".repeat(5000));
        let [
            Effect::Keep(What::HelpNeeded(needed)),
            Effect::Say(_, HostWord::Asked { .. }),
        ] = &effects[..]
        else {
            panic!("{effects:?}");
        };
        assert_eq!(needed.question.chars().count(), 4000);
    }
    assert!(matches!(
        &question(&mut desk, 21, "more")[..],
        [Effect::Say(_, HostWord::Refused { reason })] if reason.contains("20 questions")
    ));
}

#[test]
fn what_a_call_asked_is_closed_by_its_end() {
    for (said, end) in [
        (Said::Gone(CallId(1)), HelpEnd::Withdrawn),
        (Said::TimedOut(CallId(1)), HelpEnd::TimedOut),
    ] {
        let mut desk = Desk::default();
        let mut ask = HelpAsk::new("why?");
        ask.wait = true;
        hear(&mut desk, Said::Help(CallId(1), ask, id(1)));
        assert!(desk.asks());
        let effects = hear(&mut desk, said);
        let closed =
            |effect: &Effect| matches!(effect, Effect::Keep(What::HelpClosed(c)) if c.end == end);
        assert!(effects.iter().any(closed), "{effects:?}");
        assert!(!desk.asks());
    }
}

#[test]
fn whoever_takes_a_step_while_a_person_is_asked_goes_on() {
    let goes_on = |effects: Vec<Effect>| effects.contains(&Effect::GoesOn);
    let mut desk = Desk::default();
    let arrive = |call, at| Said::Checkpoint(CallId(call), ask(at), id(u128::from(call)));
    let question = |call, wait| {
        let mut ask = HelpAsk::new("why?");
        ask.wait = wait;
        Said::Help(CallId(call), ask, id(u128::from(call)))
    };
    // Nobody waits for the answer.
    assert!(!goes_on(hear(&mut desk, question(1, false))));
    assert!(!goes_on(hear(&mut desk, arrive(2, Moment::BeforeTool))));
    assert!(!goes_on(hear(&mut desk, question(3, true))));
    for (call, at) in (4..).zip(ALL) {
        let is_step = !matches!(at, Moment::Context | Moment::Unknown);
        assert_eq!(
            goes_on(hear(&mut desk, arrive(call, at))),
            is_step,
            "{at:?}"
        );
    }
    assert!(goes_on(hear(&mut desk, question(20, false))));
    for call in [3, 6] {
        hear(&mut desk, Said::Gone(CallId(call)));
    }
    assert!(!desk.asks());
    assert!(!goes_on(hear(&mut desk, arrive(30, Moment::BeforeTool))));
}

#[test]
fn nothing_goes_on_once_the_end_has_begun() {
    let mut desk = Desk::default();
    hear(&mut desk, hold_of(1, None));
    let arrive = |call| Said::Checkpoint(CallId(call), ask(Moment::BeforeTool), id(2));
    hear(&mut desk, arrive(1));
    let effects = hear(&mut desk, Said::Ending);
    assert!(effects.contains(&Effect::Say(CallId(1), HostWord::Ending)));
    assert!(!desk.is_held());
    assert_eq!(
        hear(&mut desk, arrive(2)),
        [Effect::Say(CallId(2), HostWord::Ending)]
    );
}
