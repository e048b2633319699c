//! Every wish in every situation.

use baton_domain::{Actor, Role};
use serde_json::{Value, json};

use super::*;

/// A run as the API shows it, changed here and there.
fn run(state: &str, changes: &Value) -> TaskRun {
    let at = "2026-01-02T03:04:05Z";
    let mut run = json!({
        "id": "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31", "state": state, "type": "command",
        "title": "t", "submittedBy": "eve", "submittedAt": at, "attempt": 1, "failures": 0,
        "maxAttempts": 3, "request": {"type": "command", "task": {"argv": ["true"]}}, "position": 7,
    });
    if matches!(state, "running" | "paused") {
        run["lease"] = json!({"attempt": 1, "worker": "w-1", "position": 3, "takenAt": at});
    }
    for (name, value) in changes.as_object().unwrap() {
        run[name] = value.clone();
    }
    serde_json::from_value(run).unwrap()
}

fn paused(phase: &str) -> Value {
    json!({"control": {"pause": {
        "phase": phase, "cause": "operator", "mode": "soft", "escalated": false,
        "requestedAt": "2026-01-02T03:04:05Z",
    }}})
}

fn taken_over() -> Value {
    json!({"control": {"takeover": {
        "command": "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e32", "by": "ada",
        "requestedAt": "2026-01-02T03:04:05Z", "beganAt": "2026-01-02T03:04:06Z",
    }}})
}

fn asker(name: &str, role: Role) -> Identity {
    Identity::default(Actor::try_from(name.to_owned()).unwrap(), role)
}

fn command(body: Value) -> ControlCommand {
    serde_json::from_value(body).unwrap()
}

fn answer(run: &TaskRun, asker: &Identity, body: Value) -> Result<(), (Kind, String)> {
    let answer = allowed(run, asker, &command(body));
    answer.map_err(|problem| (problem.kind(), problem.detail().to_owned()))
}

// H-05
#[test]
fn every_situation_has_its_defined_answer() {
    let none = json!({});
    let ending = json!({"cancelRequestedAt": "2026-01-02T03:04:05Z"});
    let situations = [
        ("queued", run("queued", &none)),
        ("running", run("running", &none)),
        ("ending", run("running", &ending)),
        ("wished", run("running", &paused("requested"))),
        ("held", run("paused", &paused("effective"))),
        ("going on", run("paused", &paused("resuming"))),
        ("taken over", run("paused", &taken_over())),
        ("waiting", run("retry_scheduled", &none)),
        ("failed", run("failed", &none)),
        ("done", run("succeeded", &none)),
    ];
    let alive: Vec<&str> = situations[..8].iter().map(|(name, _)| *name).collect();
    let table = [
        (
            json!({"action": "pause", "mode": "soft"}),
            vec!["queued", "running", "wished", "held", "going on", "waiting"],
        ),
        (json!({"action": "resume"}), vec!["wished", "held"]),
        (
            json!({"action": "takeover", "expiresAfterSeconds": 60}),
            vec!["running", "wished", "held", "going on"],
        ),
        (
            json!({"action": "hand_back", "summary": "done"}),
            vec!["taken over"],
        ),
        (
            json!({"action": "send_message", "kind": "steering", "text": "x"}),
            alive.clone(),
        ),
        (json!({"action": "cancel"}), alive.clone()),
        (json!({"action": "redrive"}), vec!["failed"]),
        (
            json!({"action": "release_lease"}),
            vec![
                "running",
                "ending",
                "wished",
                "held",
                "going on",
                "taken over",
            ],
        ),
    ];
    let ada = asker("ada", Role::Operator);
    for (body, taken) in table {
        let found: Vec<&str> = situations
            .iter()
            .filter(|(_, run)| match answer(run, &ada, body.clone()) {
                Ok(()) => true,
                Err((kind, _)) => {
                    assert_eq!(kind, Kind::Conflict, "{body}");
                    false
                }
            })
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(found, taken, "{body}");
    }
}

#[test]
fn a_takeover_that_has_not_begun_is_withdrawn_by_a_resume() {
    let mut wished = taken_over();
    wished["control"]["takeover"]["beganAt"] = Value::Null;
    let run = run("running", &wished);
    let ada = asker("ada", Role::Operator);
    assert_eq!(answer(&run, &ada, json!({"action": "resume"})), Ok(()));
    assert!(answer(&run, &ada, json!({"action": "pause", "mode": "soft"})).is_err());
}

// H-05
#[test]
fn a_takeover_is_ended_by_whoever_began_it_or_by_an_admin() {
    let run = run("paused", &taken_over());
    let back = || json!({"action": "hand_back", "summary": "done"});
    assert_eq!(answer(&run, &asker("ada", Role::Operator), back()), Ok(()));
    assert_eq!(answer(&run, &asker("root", Role::Admin), back()), Ok(()));
    let refused = answer(&run, &asker("eve", Role::Operator), back()).unwrap_err();
    assert_eq!(refused.0, Kind::Forbidden);
    assert!(refused.1.contains("'ada' has taken the run over"));
}

#[test]
fn a_budget_only_rises_and_only_where_there_is_one() {
    let ada = asker("ada", Role::Operator);
    let raise = |budget: &str, limit: u64| json!({"action": "raise_budget", "budget": budget, "limit": limit});
    let request = json!({"request": {
        "type": "command", "task": {"argv": ["true"]}, "control": {"budgets": {"turns": 5}},
    }});
    let queued = run("queued", &request);
    assert_eq!(answer(&queued, &ada, raise("turns", 6)), Ok(()));
    let (_, words) = answer(&queued, &ada, raise("turns", 5)).unwrap_err();
    assert!(words.contains("is 5 already"), "{words}");
    let (_, words) = answer(&queued, &ada, raise("tokens", 5)).unwrap_err();
    assert!(words.contains("no budget of tokens"), "{words}");
    let raised = run(
        "running",
        &json!({"control": {"budgets": [
            {"budget": "turns", "limit": 9, "used": 9, "reached": true},
        ]}}),
    );
    assert!(answer(&raised, &ada, raise("turns", 9)).is_err());
    assert_eq!(answer(&raised, &ada, raise("turns", 10)), Ok(()));
}
