//! What agents give and take, event by event.

use baton_domain::MessageKind;
use uuid::Uuid;

use super::*;
use crate::asking::Handed;

fn hook(input: &Value) -> Hook {
    Hook::parse(&input.to_string()).unwrap()
}

fn given() -> Go {
    Go {
        messages: vec![Handed {
            id: Uuid::nil(),
            kind: MessageKind::Steering,
            from: "operator anna".to_owned(),
            text: "stop it".to_owned(),
        }],
        ..Go::default()
    }
}

const TEXT: &str = "Message from operator anna (steering): stop it\n\n(Said by a person who \
                    watches this run. Take it into account before you go on.)";

#[test]
fn each_event_takes_messages_in_its_own_way() {
    let context = |event: &str| {
        Some(json!({ "hookSpecificOutput": {
            "hookEventName": event, "additionalContext": TEXT,
        } }))
    };
    let reason = |decision: &str| Some(json!({ "decision": decision, "reason": TEXT }));
    for (event, at, output) in [
        (
            "PreToolUse",
            Some(Moment::BeforeTool),
            context("PreToolUse"),
        ),
        (
            "PostToolUse",
            Some(Moment::AfterTool),
            context("PostToolUse"),
        ),
        (
            "SessionStart",
            Some(Moment::Context),
            context("SessionStart"),
        ),
        (
            "UserPromptSubmit",
            Some(Moment::Context),
            context("UserPromptSubmit"),
        ),
        ("Stop", Some(Moment::TurnEnd), reason("block")),
        ("PermissionRequest", Some(Moment::Permission), None),
        ("Notification", None, None),
        ("SubagentStop", None, None),
        ("PreCompact", None, None),
        ("BeforeTool", Some(Moment::BeforeTool), None),
        ("AfterTool", Some(Moment::AfterTool), context("AfterTool")),
        ("BeforeAgent", Some(Moment::Context), context("BeforeAgent")),
        ("AfterAgent", Some(Moment::TurnEnd), reason("deny")),
    ] {
        let hook = hook(&json!({ "hook_event_name": event, "session_id": "s" }));
        assert_eq!(hook.ask().map(|ask| ask.at), at, "{event}");
        assert_eq!(hook.output(&given()), output, "{event}");
        assert_eq!(hook.output(&Go::default()), None, "{event}");
    }
}

#[test]
fn what_is_not_a_hook_is_none_and_a_helper_of_the_agent_is_told_nothing() {
    for input in ["", "{}", "[1]", "text", "{\"hook_event_name\":1}"] {
        assert_eq!(Hook::parse(input), None, "{input}");
    }
    let helper = hook(&json!({ "hook_event_name": "PreToolUse", "agent_id": "a" }));
    assert!(helper.ask().unwrap().deaf);
    let gemini = hook(&json!({ "hook_event_name": "BeforeTool" }));
    assert!(gemini.ask().unwrap().deaf);
}

#[test]
fn a_permission_is_shown_with_its_command_and_its_answer_is_the_agents() {
    let hook = hook(&json!({
        "hook_event_name": "PermissionRequest", "tool_name": "Bash",
        "tool_input": { "command": "rm -r data", "description": "clean" },
    }));
    let ask = hook.ask().unwrap();
    assert_eq!(ask.detail.as_deref(), Some("rm -r data"));
    let decided = |answer: &str, note: Option<&str>| {
        let decision = Answered {
            help: Uuid::nil(),
            answer: answer.to_owned(),
            note: note.map(str::to_owned),
            from: Some("operator anna".to_owned()),
        };
        let go = Go {
            decision: Some(decision),
            ..Go::default()
        };
        hook.output(&go).unwrap()["hookSpecificOutput"]["decision"].clone()
    };
    assert_eq!(decided("allow", None), json!({ "behavior": "allow" }));
    for answer in ["deny", "Allow", "yes"] {
        assert_eq!(decided(answer, None)["behavior"], "deny", "{answer}");
    }
    assert_eq!(
        decided("deny", Some("not today")),
        json!({ "behavior": "deny", "message": "Denied by operator anna: not today" })
    );
    assert_eq!(
        hook.refusal("over").unwrap()["hookSpecificOutput"]["decision"]["behavior"],
        "deny"
    );
}
