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

/// How far the wish itself has come.
fn record_of(word: &str) -> Value {
    match word {
        "open" => json!({}),
        "heard" => json!({"deliveredAt": "2026-11-21T08:00:01Z"}),
        "done" => {
            json!({"deliveredAt": "2026-11-21T08:00:01Z", "effectiveAt": "2026-11-21T08:00:02Z"})
        }
        "declined" => json!({"declined": "the run is ending"}),
        "late" => json!({"effective": false, "refusal": "wrong_state"}),
        other => panic!("no such record: {other}"),
    }
}

/// What holds the run.
fn control_of(word: &str) -> Value {
    let again = json!({"command": OTHER, "cause": "scope", "requestedAt": "2026-11-21T08:00:05Z"});
    let began = json!({"beganAt": "2026-11-21T08:00:02Z", "expiresAt": "2026-11-21T09:00:02Z"});
    match word {
        "nothing" => json!({}),
        "asked" => pause("requested", &json!({})),
        "asked again" => pause("requested", &again),
        "resuming" => pause("resuming", &json!({"effectiveAt": "2026-11-21T08:00:01Z"})),
        "held" => standing(&json!({})),
        "held again" => standing(&again),
        "of others" => standing(&json!({"command": OTHER})),
        "hard" => standing(&json!({"mode": "hard", "method": "checkpoint"})),
        "frozen" => standing(&json!({"mode": "hard", "method": "cgroup", "before": null})),
        "escalated" => standing(&json!({"method": "signal", "before": null, "escalated": true})),
        "stage" => standing(&json!({"method": "stage", "before": "publish"})),
        "takeover" => takeover(&json!({})),
        "taken" => takeover(&began),
        "taken by others" => takeover(&json!({"command": OTHER})),
        other => panic!("no such control: {other}"),
    }
}

/// A wish, its record, the run's state, what holds the run, and what is said: `+` for what came
/// true, `-` for what never will, nothing while that is open.
const ENDS: &str = "
pause     | open     | running   | asked           |
pause     | open     | paused    | held            | +the run stands still before exec (checkpoint)
pause     | open     | paused    | escalated       | +the run stands still (signal); no tool call came in time
pause     | open     | paused    | hard            |
pause     | open     | paused    | frozen          | +the run stands still (cgroup)
pause     | open     | paused    | of others       | +the run stands still before exec (checkpoint)
pause     | done     | running   | nothing         | +the run stood still; it is running now
pause     | heard    | running   | nothing         | -it was taken back
pause     | heard    | succeeded | nothing         | -the run has ended: it is succeeded
pause     | declined | running   | nothing         | -the run is ending
pause     | late     | cancelled | nothing         | -it came when the run was cancelled already
resume    | open     | paused    | resuming        |
resume    | done     | running   | nothing         | +the run goes on
resume    | done     | succeeded | nothing         | +the run goes on
resume    | open     | queued    | nothing         | +the run goes on
resume    | open     | cancelled | nothing         | -the run has ended: it is cancelled
resume    | heard    | paused    | held again      | -the run is held again, cause: scope
resume    | open     | running   | asked again     | -the run is held again, cause: scope
takeover  | open     | running   | takeover        |
takeover  | done     | paused    | taken by others | -it was taken back
takeover  | heard    | running   | nothing         | -it was taken back
takeover  | declined | paused    | nothing         | -the run is ending
takeover  | done     | paused    | stage           | -its agent has ended; the run is held before publish: let it go on, or end it
takeover  | heard    | failed    | nothing         | -the run has ended: it is failed
hand_back | heard    | paused    | taken           |
hand_back | done     | running   | nothing         | +the agent was told what you have done, and goes on
hand_back | heard    | cancelled | nothing         | -the run has ended: it is cancelled
hand_back | heard    | paused    | held            | -the takeover was over before
";

// H-05 H-09
#[test]
fn each_wish_ends_in_each_way_it_can() {
    for row in ENDS.trim().lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [action, record, state, control, expected] = cells[..] else {
            panic!("no row: {row}");
        };
        let judged = judged(action, &record_of(record), state, &control_of(control));
        let said = judged.map_or(String::new(), |(came, words)| {
            format!("{}{words}", if came { '+' } else { '-' })
        });
        assert_eq!(said, expected, "{row}");
    }
}

// H-09
#[test]
fn who_has_taken_a_run_over_is_told_what_to_do_with_it() {
    let (came, words) = judged(
        "takeover",
        &record_of("done"),
        "paused",
        &control_of("taken"),
    )
    .unwrap();
    assert!(came, "{words}");
    for part in [
        "the run is yours until 2026-11-21T09:00:02",
        "baton attach",
        "baton runs hand-back",
    ] {
        assert!(words.contains(part), "{words}");
    }
}
