use baton_domain::RunId;
use baton_wire::ControlCommand;
use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::output::timeline::Timeline;

fn record(kind: &str, data: Value) -> EventRecord {
    EventRecord {
        position: 7,
        index: 0,
        run_id: RunId::from_uuid(Uuid::nil()),
        attempt: Some(1),
        seq: Some(1),
        source: "ada".to_owned(),
        kind: kind.to_owned(),
        at: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
        effective: Some(true),
        refusal: None,
        data,
    }
}

/// How a run was held, taken over and let go.
fn held(id: Uuid) -> Vec<EventRecord> {
    vec![
        record(
            "pause_requested",
            json!({"mode": "hard", "note": "look", "resumeAfterSeconds": 600}),
        ),
        record("pause_requested", json!({"mode": "soft"})),
        record("control_delivered", json!({"command": id})),
        record(
            "control_delivered",
            json!({"command": id, "refused": "nothing holds it"}),
        ),
        record("paused", json!({"kind": "checkpoint"})),
        record(
            "paused",
            json!({"kind": "frozen", "method": "cgroup", "cause": "operator", "escalated": true, "resumesInMs": 600_000}),
        ),
        record(
            "paused",
            json!({"kind": "checkpoint", "method": "checkpoint", "before": "Bash"}),
        ),
        record("resume_requested", json!({})),
        record("resumed", json!({})),
        record("resumed", json!({"cause": "timer", "pausedMs": 61_000})),
        record(
            "takeover_requested",
            json!({"expiresAfterSeconds": 60, "note": "mine"}),
        ),
        record(
            "takeover_began",
            json!({"command": id, "by": "ada", "expiresInSeconds": 60}),
        ),
        record("hand_back_requested", json!({"summary": "I renamed it"})),
        record(
            "takeover_ended",
            json!({
                "takeover": id, "end": "handed_back", "summary": "I renamed it", "files": 2,
                "insertions": 3, "deletions": 1, "commands": 4, "artifact": "handback/1/changes.patch",
            }),
        ),
    ]
}

/// What its agent was told and asked, and what it used up.
fn talked(id: Uuid) -> Vec<EventRecord> {
    vec![
        record(
            "message_sent",
            json!({"kind": "steering", "text": "leave\nthe tests"}),
        ),
        record(
            "message_delivered",
            json!({"message": id, "via": "PreToolUse"}),
        ),
        record("message_seen", json!({"message": id})),
        record("message_cancel_requested", json!({"message": id})),
        record(
            "message_dropped",
            json!({"message": id, "reason": "the run ended"}),
        ),
        record(
            "operator_needed",
            json!({
                "help": id, "kind": "permission", "question": "May it?", "detail": "Bash: make",
                "options": [{"answer": "deny", "label": "No"}], "freeText": false, "blocking": true,
            }),
        ),
        record(
            "help_answered",
            json!({"help": id, "answer": "deny", "note": "never"}),
        ),
        record(
            "operator_not_needed",
            json!({"help": id, "end": "answered"}),
        ),
        record(
            "budget_reached",
            json!({"budget": "turns", "limit": 5, "used": 5}),
        ),
        record(
            "budget_raise_requested",
            json!({"budget": "turns", "limit": 9}),
        ),
        record(
            "budget_raised",
            json!({"budget": "turns", "limit": 9, "used": 5}),
        ),
    ]
}

#[test]
fn what_is_done_with_an_agent_reads_as_sentences() {
    let id = Uuid::from_u128(7);
    let records = [held(id), talked(id)].concat();
    let mut timeline = Timeline::default();
    let lines = records.iter().filter_map(|record| timeline.line(record));
    let lines: Vec<String> = lines.collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// Every command has words of its own: none is shown as it came.
#[test]
fn every_command_has_words() {
    let id = Uuid::from_u128(7);
    for body in [
        json!({"action": "cancel"}),
        json!({"action": "redrive"}),
        json!({"action": "release_lease"}),
        json!({"action": "pause", "mode": "soft"}),
        json!({"action": "resume"}),
        json!({"action": "takeover", "expiresAfterSeconds": 60}),
        json!({"action": "hand_back", "summary": "x"}),
        json!({"action": "send_message", "kind": "queued", "text": "x"}),
        json!({"action": "cancel_message", "message": id}),
        json!({"action": "answer_help", "help": id, "answer": "x"}),
        json!({"action": "raise_budget", "budget": "turns", "limit": 5}),
    ] {
        let command: ControlCommand = serde_json::from_value(body.clone()).unwrap();
        let line = Timeline::default()
            .line(&record(command.kind(), body))
            .unwrap();
        assert!(
            !line.contains(command.kind()) && line.contains("ada"),
            "{line}"
        );
    }
}
