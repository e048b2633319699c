//! Runs are held, told something and let go by the command line, as often as somebody likes.

use serde_json::{Value, json};

use super::{count, event, until_running, wishes};
use crate::stack::{Plan, Stack, binary, id};

/// An agent that asks Baton between its steps, counts them in `steps`, and ends by `go`.
pub(super) fn stepping(stack: &Stack) -> Value {
    let (baton, folder) = (binary(), stack.folder());
    let (baton, folder) = (baton.display(), folder.display());
    let script = format!(
        "n=0; until [ -e {folder}/go ]; do {baton} checkpoint --label step; n=$((n+1)); \
         echo $n > {folder}/steps; sleep 0.02; done"
    );
    json!({
        "type": "command",
        "task": {"argv": ["sh", "-c", script]},
        "liveSession": {"enabled": true},
    })
}

/// How many steps it has done.
pub(super) fn steps(stack: &Stack) -> u64 {
    let text = std::fs::read_to_string(stack.folder().join("steps")).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}

/// A run of it that has begun.
pub(super) async fn stepping_run(stack: &Stack) -> String {
    let run = id(&stack.client.submit(&stepping(stack)).await);
    stack.wait_for_file(&stack.folder().join("steps")).await;
    run
}

// H-05 H-06 H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_paused_told_and_resumed_again_and_again() {
    const ROUNDS: usize = 8;
    let stack = Stack::start(Plan::default()).await;
    let run = stepping_run(&stack).await;
    for round in 1..=ROUNDS {
        let said = stack.ask(&["runs", "pause", &run, "--wait"]).await.done();
        assert_eq!(said, "the run stands still before step (checkpoint)\n");
        let before = steps(&stack);
        let word = format!("word {round}");
        let told = stack.ask(&["runs", "message", &run, &word, "--json"]).await;
        let told = told.json();
        assert_eq!(told["action"], "send_message", "{told:#}");
        assert_eq!(steps(&stack), before, "it goes on while it is held");
        let said = stack.ask(&["runs", "resume", &run, "--wait"]).await.done();
        assert_eq!(said, "the run goes on\n");
        let message = until_handed_over(&stack, &run, &told).await;
        assert_eq!(message["message"], json!(word));
    }
    for kind in ["paused", "resumed", "message_delivered"] {
        assert_eq!(count(&stack, &run, kind).await, ROUNDS, "{kind}");
    }
    for action in ["pause", "resume", "send_message"] {
        let wishes = wishes(&stack, &run, action).await;
        assert_eq!(wishes.len(), ROUNDS, "{wishes:#?}");
        for wish in wishes {
            let carried_out = wish["declined"].is_null() && wish["effectiveAt"].is_string();
            assert!(carried_out, "{wish:#}");
        }
    }
    std::fs::write(stack.folder().join("go"), "").expect("a word to the agent");
    assert_eq!(stack.client.ended(&run).await["state"], "succeeded");
    let log = format!("/api/task-runs/{run}/artifacts/1/logs/agent.log");
    let log = stack.client.text(&log).await;
    for round in 1..=ROUNDS {
        let heard = log
            .lines()
            .filter(|line| line.ends_with(&format!(": word {round}")));
        assert_eq!(heard.count(), 1, "word {round}: {log}");
    }
    stack.stop().await;
}

// H-05 H-06 H-09
#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_again_under_its_key_is_done_once() {
    let stack = Stack::start(Plan::default()).await;
    let run = stepping_run(&stack).await;
    let control = format!("/api/task-runs/{run}/control");
    let messages = format!("/api/task-runs/{run}/operator-messages");
    let asked = [
        (&control, json!({"action": "pause", "note": "first"})),
        (&control, json!({"action": "resume"})),
        (&control, json!({"action": "pause", "note": "second"})),
        (&messages, json!({"message": "once"})),
        (&control, json!({"action": "resume", "note": "over"})),
    ];
    let mut first = Vec::new();
    for (at, (path, body)) in asked.iter().enumerate() {
        let (status, replayed, answer) = keyed(&stack, path, &at.to_string(), body).await;
        assert_eq!((status, replayed), (202, false), "{answer:#}");
        first.push(answer);
        if body["action"] == "pause" {
            super::until_phase(&stack, &run, "effective").await;
        } else if body["action"] == "resume" {
            until_running(&stack, &run).await;
        }
    }
    // Whatever is so now: what was asked for was done, and that is the answer.
    for (at, (path, body)) in asked.iter().enumerate() {
        let (status, replayed, answer) = keyed(&stack, path, &at.to_string(), body).await;
        assert_eq!((status, replayed), (202, true), "{answer:#}");
        assert_eq!(answer, first[at]);
    }
    let other = json!({"action": "resume"});
    let (status, _, problem) = keyed(&stack, &control, "0", &other).await;
    assert_eq!(status, 409, "{problem:#}");
    assert_eq!(problem["type"], "urn:baton:problem:idempotency-conflict");
    until_running(&stack, &run).await;
    until_handed_over(&stack, &run, &first[3]).await;
    for (kind, times) in [("paused", 2), ("resumed", 2), ("message_delivered", 1)] {
        assert_eq!(count(&stack, &run, kind).await, times, "{kind}");
    }
    let paused = event(&stack, &run, "paused").await;
    assert_eq!(paused["data"]["command"], first[0]["id"], "{paused:#}");
    std::fs::write(stack.folder().join("go"), "").expect("a word to the agent");
    assert_eq!(stack.client.ended(&run).await["state"], "succeeded");
    stack.stop().await;
}

/// Waits until the agent has a message.
async fn until_handed_over(stack: &Stack, run: &str, told: &Value) -> Value {
    let message = told["id"].as_str().expect("an id");
    let path = format!("/api/task-runs/{run}/operator-messages/{message}");
    let handed_over = |message: &Value| message["deliveredAt"].is_string();
    stack.client.until_at(&path, handed_over).await
}

/// Posts under a key: the status, whether it was answered before, and the answer.
async fn keyed(stack: &Stack, path: &str, key: &str, body: &Value) -> (u16, bool, Value) {
    let answer = stack.client.post_under(path, key, body).await;
    let replayed = answer.headers().get("Idempotency-Replayed");
    let replayed = replayed.is_some_and(|value| value == "true");
    let status = answer.status().as_u16();
    (status, replayed, answer.json().await.expect("JSON"))
}
