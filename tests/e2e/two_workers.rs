//! Two workers share 200 runs: each is done once, and every event is kept once.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use serde_json::json;

use crate::stack::{Plan, Stack, id};

// B-01 W-03 W-06
#[tokio::test(flavor = "multi_thread")]
async fn every_run_is_done_once_and_every_event_kept_once() {
    const RUNS: usize = 200;
    let stack = Stack::start(Plan {
        workers: 2,
        slots: 4,
        ..Plan::default()
    })
    .await;
    let body = json!({"type": "command", "task": {"argv": ["sh", "-c", "echo one; echo two"]}});
    let submitted = stream::iter(0..RUNS)
        .map(|_| stack.client.submit(&body))
        .buffer_unordered(8);
    let ids: BTreeSet<String> = submitted.map(|run| id(&run)).collect().await;
    assert_eq!(ids.len(), RUNS);
    for id in &ids {
        let run = stack.client.ended(id).await;
        assert_eq!(
            (&run["state"], &run["attempt"]),
            (&json!("succeeded"), &json!(1)),
            "{run:#}"
        );
    }

    let rows = stack.rows();
    assert!(rows.table("unreadable_messages").is_empty());
    let mut leases: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sequences: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for event in rows.table("task_run_events") {
        let run = event["run_id"].as_str().expect("a run");
        assert_eq!(event["effective"], true, "{event:#}");
        if event["kind"] == "lease_taken" {
            *leases.entry(run).or_default() += 1;
        }
        sequences
            .entry(run)
            .or_default()
            .extend(event["seq"].as_u64());
    }
    for id in &ids {
        assert_eq!(leases[id.as_str()], 1, "{id} has one lease");
        let seen = &sequences[id.as_str()];
        let all: Vec<u64> = (1..=seen.len() as u64).collect();
        assert_eq!(*seen, all, "{id} has every event once, in order");
    }
    let workers: BTreeSet<String> = rows
        .table("task_run_events")
        .iter()
        .filter(|event| event["kind"] == "lease_taken")
        .map(|event| event["source"].to_string())
        .collect();
    assert_eq!(workers.len(), 2, "both workers worked");
    stack.stop().await;
}
