//! Another service hears of a run by the documented subject, with a NATS client of another language.

use std::path::Path;

use baton_testkit::{Process, ProcessOptions};
use serde_json::{Value, json};

use crate::stack::{Plan, Stack, id};

// B-10
#[tokio::test(flavor = "multi_thread")]
async fn a_python_service_sees_the_events_of_a_run_live() {
    let stack = Stack::start(Plan {
        open: true,
        ..Plan::default()
    })
    .await;
    let go = stack.folder().join("go");
    let wait = format!(
        "until [ -e {} ]; do sleep 0.02; done; echo gone",
        go.display()
    );
    let run = stack
        .client
        .submit(&json!({"type": "command", "task": {"argv": ["sh", "-c", wait]}}))
        .await;
    let run = id(&run);

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let packages = root.join("../.tools/python");
    assert!(
        packages.join("nats").exists(),
        "nats-py is missing: run scripts/bootstrap test"
    );
    let script = root.join("subscriber/follow.py");
    let options = ProcessOptions::new("follow.py", "python3")
        .args([
            script.into_os_string(),
            stack.broker.url().into(),
            run.clone().into(),
        ])
        .env("PYTHONPATH", packages);
    let mut service = Process::start(options);
    service.wait_for_line("ready").await;
    std::fs::write(go, "").expect("the run is let go");

    assert!(service.wait().await.success(), "{}", service.log());
    let log = service.log();
    let heard: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let kinds: Vec<&str> = heard
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    assert!(kinds.contains(&"agent_exited"), "{kinds:?}");
    assert_eq!(kinds.last(), Some(&"succeeded"));
    // Whether it heard how the run was taken depends on which of the two was first.
    let exited = heard.iter().find(|event| event["type"] == "agent_exited");
    let subject = exited.and_then(|event| event["subject"].as_str());
    let subject = subject.expect("a subject");
    assert_eq!(
        subject,
        format!("baton.v1.run.{}.{run}.evt.worker-1", &run[run.len() - 1..])
    );
    stack.stop().await;
}
