//! Draining by command: a worker that is drained finishes what it holds, the others go on, and it
//! takes runs again when it may.

use std::fs;

use serde_json::{Value, json};

use crate::stack::{Plan, Stack, id};

fn waits_for(file: &std::path::Path) -> Value {
    let script = format!("until [ -e {} ]; do sleep 0.1; done", file.display());
    json!({"type": "command", "task": {"argv": ["sh", "-c", script]}})
}

/// The worker as the API hears it, once it is as wished.
async fn worker(stack: &Stack, name: &str, wished: impl Fn(&Value) -> bool) -> Value {
    let named = |list: &Value| {
        let mut workers = list["workers"].as_array().into_iter().flatten();
        workers.find(|worker| worker["id"] == name).cloned()
    };
    let as_wished = |list: &Value| named(list).is_some_and(|worker| wished(&worker));
    let list = stack.client.until_at("/api/workers", as_wished).await;
    named(&list).expect("it was there")
}

// W-11
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_drained_by_command_while_the_other_goes_on() {
    let plan = Plan {
        workers: 1,
        slots: 1,
        ..Plan::default()
    };
    let mut stack = Stack::start(plan).await;
    let go = stack.folder().join("go");
    let held = id(&stack.client.submit(&waits_for(&go)).await);
    let holds = |worker: &Value| worker["runs"][0]["id"] == held.as_str();
    worker(&stack, "worker-1", holds).await;

    let told = stack
        .baton(&["drain", "worker", "worker-1", "--note", "new kernel"])
        .await;
    assert!(told.contains("baton undrain worker worker-1"), "{told}");
    let drained = worker(&stack, "worker-1", |worker| worker["draining"] == true).await;
    assert_eq!(drained["drain"]["note"], "new kernel");
    assert!(holds(&drained), "what it holds is finished: {drained:#}");
    let shown = stack.baton(&["workers", "show", "worker-1"]).await;
    assert!(shown.contains("worker.worker-1: new kernel"), "{shown}");
    let list = stack.baton(&["drain", "list"]).await;
    assert!(list.contains("worker.worker-1"), "{list}");

    stack.hire("worker-2", 1, &[]).await;
    fs::write(&go, "").expect("the run may end");
    let done = stack.client.ended(&held).await;
    assert_eq!(done["state"], "succeeded", "{done:#}");
    for _ in 0..3 {
        let run = id(&stack.client.submit(&waits_for(&go)).await);
        let done = stack.client.ended(&run).await;
        assert_eq!(done["state"], "succeeded", "{done:#}");
        let events = stack.client.events(&run).await;
        let taken = events.iter().find(|event| event["type"] == "lease_taken");
        assert_eq!(taken.expect("a lease")["source"], "worker-2");
    }

    stack
        .baton(&[
            "drain", "worker", "worker-2", "--note", "as well", "--for", "1h",
        ])
        .await;
    worker(&stack, "worker-2", |worker| worker["draining"] == true).await;
    stack.baton(&["undrain", "worker", "worker-1"]).await;
    let run = id(&stack.client.submit(&waits_for(&go)).await);
    let done = stack.client.ended(&run).await;
    assert_eq!(done["state"], "succeeded", "{done:#}");
    stack.stop().await;
}
