//! `baton worker --once`: one run, and an exit code that says how it went.

use serde_json::{Value, json};

use crate::stack::{Plan, Stack, id};

fn command(argv: &[&str]) -> Value {
    json!({"type": "command", "maxAttempts": 1, "task": {"argv": argv}})
}

/// How long a worker waits for a run that is there: longer than for any that comes late.
const PATIENCE: &str = "60";

/// Has a worker take its turn, which waits so many seconds for a run; its exit code.
async fn turn(stack: &Stack, seconds: &str) -> Option<i32> {
    let folder = stack.folder().join("once").display().to_string();
    let arguments = [
        "worker",
        "--once",
        "--wait-seconds",
        seconds,
        "--id",
        "once",
        "--state-dir",
        &folder,
    ];
    stack.process(&arguments).wait().await.code()
}

// W-01
#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_of_one_turn_says_how_the_run_went() {
    let stack = Stack::start(Plan {
        workers: 0,
        ..Plan::default()
    })
    .await;
    let idle = turn(&stack, "2").await;
    assert_eq!(idle, Some(6), "there was nothing to do");

    let good = id(&stack.client.submit(&command(&["true"])).await);
    assert_eq!(turn(&stack, PATIENCE).await, Some(0));
    assert_eq!(stack.client.ended(&good).await["state"], "succeeded");

    // One is done, not all.
    let bad = id(&stack.client.submit(&command(&["false"])).await);
    let other = id(&stack.client.submit(&command(&["true"])).await);
    assert_eq!(turn(&stack, PATIENCE).await, Some(1));
    assert_eq!(stack.client.ended(&bad).await["state"], "failed");
    let waiting = stack.client.get(&format!("/api/task-runs/{other}")).await;
    assert_eq!(waiting["state"], "queued");
    assert_eq!(turn(&stack, PATIENCE).await, Some(0));

    let marker = stack.folder().join("begun");
    let script = format!("echo > {}; sleep 300", marker.display());
    let cancelled = id(&stack.client.submit(&command(&["sh", "-c", &script])).await);
    let cancel = async {
        stack.wait_for_file(&marker).await;
        let path = format!("/api/task-runs/{cancelled}/control");
        stack.client.post(&path, &json!({"action": "cancel"})).await
    };
    let (code, _) = tokio::join!(turn(&stack, PATIENCE), cancel);
    assert_eq!(code, Some(3));
    stack.stop().await;
}
