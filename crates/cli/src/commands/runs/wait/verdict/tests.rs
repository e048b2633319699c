use serde_json::{Value, json};

use super::*;

const WISH: &str = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33";
const OTHER: &str = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e34";

/// `came` or `not` and the words, or nothing while it is open.
fn judged(action: &str, record: &Value, state: &str, control: &Value) -> Option<(bool, String)> {
    let mut wish = json!({
        "id": WISH, "taskRunId": "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31", "actor": "ada",
        "actorKind": "operator", "action": action, "metadata": {}, "position": 7,
        "createdAt": "2026-11-21T08:00:00Z", "effective": true, "refusal": null,
    });
    merge(&mut wish, record);
    let run = json!({
        "id": "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31", "state": state, "type": "command",
        "title": "t", "submittedBy": "ada", "submittedAt": "2026-11-21T07:00:00Z", "attempt": 1,
        "failures": 0, "maxAttempts": 3, "request": {"task": {}}, "control": control, "position": 9,
    });
    let wish = serde_json::from_value(wish).unwrap();
    let run = serde_json::from_value(run).unwrap();
    judge(&wish, &run).map(|verdict| match verdict {
        Verdict::Came(words) => (true, words),
        Verdict::Not(words) => (false, words),
    })
}

fn merge(into: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().unwrap() {
        into[name] = value.clone();
    }
}

fn pause(phase: &str, changes: &Value) -> Value {
    let mut pause = json!({
        "phase": phase, "command": WISH, "by": "ada", "cause": "operator", "mode": "soft",
        "requestedAt": "2026-11-21T08:00:00Z", "escalated": false,
    });
    merge(&mut pause, changes);
    json!({"pause": pause})
}

fn standing(changes: &Value) -> Value {
    let mut stands = json!({
        "effectiveAt": "2026-11-21T08:00:01Z", "method": "checkpoint", "before": "exec",
    });
    merge(&mut stands, changes);
    pause("effective", &stands)
}

fn takeover(changes: &Value) -> Value {
    let mut control = standing(&json!({"cause": "takeover"}));
    let mut takeover = json!({"command": WISH, "by": "ada", "requestedAt": "2026-11-21T08:00:00Z"});
    merge(&mut takeover, changes);
    control["takeover"] = takeover;
    control
}

// H-05 H-09
#[test]
fn each_wish_ends_in_each_way_it_can() {
    let done =
        json!({"deliveredAt": "2026-11-21T08:00:01Z", "effectiveAt": "2026-11-21T08:00:02Z"});
    let heard = json!({"deliveredAt": "2026-11-21T08:00:01Z"});
    let declined = json!({"declined": "the run is ending"});
    let late = json!({"effective": false, "refusal": "wrong_state"});
    let (nothing, none) = (json!({}), json!({}));
    let asked = pause("requested", &none);
    let resuming = pause("resuming", &json!({"effectiveAt": "2026-11-21T08:00:01Z"}));
    let hard = json!({"mode": "hard", "method": "checkpoint"});
    let hard_now = json!({"mode": "hard", "method": "cgroup", "before": null});
    let escalated = json!({"method": "signal", "before": null, "escalated": true});
    let again = json!({"command": OTHER, "cause": "scope", "requestedAt": "2026-11-21T08:00:05Z"});
    let began = json!({"beganAt": "2026-11-21T08:00:02Z", "expiresAt": "2026-11-21T09:00:02Z"});
    let stage = json!({"method": "stage", "before": "publish"});
    let theirs = json!({"command": OTHER});
    let rows = [
        ("pause", &none, "running", &asked, ""),
        (
            "pause",
            &none,
            "paused",
            &standing(&none),
            "+the run stands still before exec (checkpoint)",
        ),
        (
            "pause",
            &none,
            "paused",
            &standing(&escalated),
            "+the run stands still (signal); no tool call came in time",
        ),
        ("pause", &none, "paused", &standing(&hard), ""),
        (
            "pause",
            &none,
            "paused",
            &standing(&hard_now),
            "+the run stands still (cgroup)",
        ),
        (
            "pause",
            &none,
            "paused",
            &standing(&theirs),
            "+the run stands still before exec (checkpoint)",
        ),
        (
            "pause",
            &done,
            "running",
            &nothing,
            "+the run stood still; it is running now",
        ),
        ("pause", &heard, "running", &nothing, "-it was taken back"),
        (
            "pause",
            &heard,
            "succeeded",
            &nothing,
            "-the run has ended: it is succeeded",
        ),
        (
            "pause",
            &declined,
            "running",
            &nothing,
            "-the run is ending",
        ),
        (
            "pause",
            &late,
            "cancelled",
            &nothing,
            "-it came when the run was cancelled already",
        ),
        ("resume", &none, "paused", &resuming, ""),
        ("resume", &done, "running", &nothing, "+the run goes on"),
        ("resume", &done, "succeeded", &nothing, "+the run goes on"),
        ("resume", &none, "queued", &nothing, "+the run goes on"),
        (
            "resume",
            &none,
            "cancelled",
            &nothing,
            "-the run has ended: it is cancelled",
        ),
        (
            "resume",
            &heard,
            "paused",
            &standing(&again),
            "-the run is held again, cause: scope",
        ),
        (
            "resume",
            &none,
            "running",
            &pause("requested", &again),
            "-the run is held again, cause: scope",
        ),
        ("takeover", &none, "running", &takeover(&none), ""),
        (
            "takeover",
            &done,
            "paused",
            &takeover(&theirs),
            "-it was taken back",
        ),
        (
            "takeover",
            &heard,
            "running",
            &nothing,
            "-it was taken back",
        ),
        (
            "takeover",
            &done,
            "paused",
            &standing(&stage),
            "-its agent has ended; the run is held before publish: let it go on, or end it",
        ),
        (
            "takeover",
            &declined,
            "paused",
            &nothing,
            "-the run is ending",
        ),
        (
            "takeover",
            &heard,
            "failed",
            &nothing,
            "-the run has ended: it is failed",
        ),
        ("hand_back", &heard, "paused", &takeover(&began), ""),
        (
            "hand_back",
            &done,
            "running",
            &nothing,
            "+the agent was told what you have done, and goes on",
        ),
        (
            "hand_back",
            &heard,
            "cancelled",
            &nothing,
            "-the run has ended: it is cancelled",
        ),
        (
            "hand_back",
            &heard,
            "paused",
            &standing(&none),
            "-the takeover was over before",
        ),
    ];
    for (action, record, state, control, expected) in rows {
        let said = match judged(action, record, state, control) {
            None => String::new(),
            Some((true, words)) => format!("+{words}"),
            Some((false, words)) => format!("-{words}"),
        };
        assert_eq!(said, expected, "{action} {record} {state} {control}");
    }
    let (came, words) = judged("takeover", &done, "paused", &takeover(&began)).unwrap();
    assert!(
        came && words.starts_with("the run is yours until 2026-11-21T09:00:02"),
        "{words}"
    );
    assert!(words.contains("baton runs hand-back"), "{words}");
}
