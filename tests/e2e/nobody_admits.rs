//! The broker asks everybody who they are, and nobody is there to let workers in.

use std::time::Duration;

use serde_json::json;

use crate::stack::{Plan, Stack, id};

// B-01 W-11
#[tokio::test]
async fn a_run_goes_on_while_the_broker_restarts_and_nobody_lets_workers_in() {
    let mut stack = Stack::start(Plan {
        // A login that nobody hears is refused after 5 s only: the worker must be back by the next one.
        lease_seconds: 10,
        ..Plan::default()
    })
    .await;
    let said = stack.baton(&["doctor"]).await;
    for line in [
        "token         'tester' (admin)",
        "worker token  'workers' (worker)",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let (begun, go_on) = (stack.folder().join("begun"), stack.folder().join("go-on"));
    let script = format!(
        "echo one; touch {}; while [ ! -e {} ]; do sleep 0.05; done; echo two",
        begun.display(),
        go_on.display()
    );
    let run = id(&stack
        .client
        .submit(&json!({"type": "command", "task": {"argv": ["sh", "-c", script]}}))
        .await);
    stack.wait_for_file(&begun).await;
    let refused = refusals(&stack);
    stack.api.kill9().await;
    stack.supervisor.kill9().await;
    stack.broker.kill9().await;
    stack.broker.start_again().await;
    // The worker has tried, and nobody was there to say who it is.
    let mut poll = tokio::time::interval(Duration::from_millis(20));
    while refusals(&stack) == refused {
        poll.tick().await;
    }
    std::fs::write(&go_on, "").expect("a word to the agent");
    stack.api = stack.process(&["api"]);
    let ready = stack.client.url("/health/ready");
    stack.api.wait_for_ok(&ready).await;
    // Now that somebody lets the worker in, who may take 5 s to notice: its lease counts from here.
    stack.supervisor = stack.process(&["supervisor"]);
    let done = stack.client.ended(&run).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    assert_eq!(done["attempt"], 1, "the lease was lost: {done}");
    stack.stop().await;
}

/// How often the broker has not let the worker in.
fn refusals(stack: &Stack) -> usize {
    let log = stack.workers[0].log();
    log.matches("the broker refused the login").count()
}
