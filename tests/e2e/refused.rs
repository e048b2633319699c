//! What the command line is refused, to whom and why: each time with what to do about it.

use serde_json::json;

use crate::stack::{Counters, Plan, Stack, id};

const NOBODY: &str = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31";
const NOTHING: &str = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33";

/// Every command that changes something about a run, or a request for a person.
fn changes(run: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["runs", "pause", run],
        vec!["runs", "pause", run, "--wait"],
        vec!["runs", "resume", run],
        vec!["runs", "takeover", run],
        vec!["runs", "hand-back", run, "--summary", "done"],
        vec!["runs", "message", run, "hello"],
        vec!["runs", "messages", run, "--cancel", NOTHING],
        vec!["runs", "raise-budget", run, "turns=80"],
        vec!["runs", "cancel", run],
        vec!["sessions", "enable", run],
        vec!["sessions", "grant", run, "--reason", "x"],
        vec!["sessions", "renew", run],
        vec!["sessions", "release", run],
        vec!["sessions", "revoke-write", run],
        vec!["sessions", "revoke", run],
        vec!["inbox", "answer", NOTHING, "yes"],
    ]
}

/// Every command that only looks.
fn looks(run: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["runs", "show", run],
        vec!["runs", "messages", run],
        vec!["sessions", "show", run],
        vec!["attach", run, "--plain"],
        vec!["inbox"],
        vec!["inbox", "watch"],
    ]
}

// H-05 H-06 H-11
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_or_does_not_say_who_they_are_is_told_what_is_needed() {
    let stack = Stack::start(Plan::default()).await;
    let counters = Counters::new("0.05");
    let run = counters.begin(&stack, 1).await.remove(0);
    let viewer = stack.token(&["--name", "vera", "--role", "viewer"]);
    for line in changes(&run).iter().filter(|line| line[0] != "inbox") {
        let refused = stack.ask_as(&viewer, line).await.failed(4);
        let role = refused.contains("viewer") && refused.contains("operator");
        assert!(role, "{line:?}: {refused}");
    }
    stack.ask_as(&viewer, &["runs", "show", &run]).await.done();
    stack.ask_as(&viewer, &["inbox"]).await.done();
    for line in [changes(&run), looks(&run)].concat() {
        let refused = stack.ask_as("", &line).await.failed(4);
        assert!(refused.contains("BATON_TOKEN"), "{line:?}: {refused}");
        let refused = stack.ask_as("bt_wrong", &line).await.failed(4);
        assert!(refused.contains("token"), "{line:?}: {refused}");
        assert!(!refused.contains("bt_wrong"), "{line:?}: {refused}");
    }
    counters.let_go();
    stack.client.ended(&run).await;
    stack.stop().await;
}

// H-05 H-06 H-11
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_has_ended_is_told_as_such() {
    let stack = Stack::start(Plan::default()).await;
    for line in [changes(NOBODY), looks(NOBODY)].concat() {
        if matches!(line[..], ["inbox"] | ["inbox", "watch"]) {
            continue;
        }
        let refused = stack.ask(&line).await.failed(4);
        let wanted = if line[0] == "inbox" { NOTHING } else { NOBODY };
        assert!(refused.contains(wanted), "{line:?}: {refused}");
    }
    let body = json!({"type": "command", "task": {"argv": ["true"]}});
    let run = id(&stack.client.submit(&body).await);
    stack.client.ended(&run).await;
    for line in changes(&run) {
        let refused = stack.ask(&line).await.failed(4);
        let told = match line[..2] {
            ["runs", "messages"] => refused.contains(NOTHING),
            ["inbox", _] => refused.contains(NOTHING),
            ["sessions", _] => [
                "no live session",
                "disabled",
                "succeeded",
                "nobody may type",
            ]
            .iter()
            .any(|word| refused.contains(word)),
            _ => refused.contains("the run has ended: it is succeeded"),
        };
        assert!(told, "{line:?}: {refused}");
    }
    stack.stop().await;
}
