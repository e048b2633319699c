//! The broker restarts, and is away for a minute, under fifty running agents: none of them
//! notices, and all that they said arrives, in order, once.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use tokio::time::Instant;

use crate::stack::{Counters, Plan, Stack, alive};

const AGENTS: usize = 50;
const OUTAGE: Duration = Duration::from_secs(60);
/// Numbers that an agent says in a second.
const PACE: u64 = 2;

// B-01 W-06 W-11
#[tokio::test(flavor = "multi_thread")]
async fn fifty_agents_outlive_a_restart_and_a_minute_without_the_broker() {
    let mut stack = Stack::start(Plan {
        workers: 2,
        slots: AGENTS / 2,
        ..Plan::default()
    })
    .await;
    let counters = Counters::new("0.5");
    let runs = counters.begin(&stack, AGENTS).await;
    let pids: BTreeMap<&String, Vec<u32>> = runs
        .iter()
        .map(|run| (run, counters.pids(run, 1)))
        .collect();

    stack.broker.restart().await;
    counters.all_go_on(&runs, 2 * PACE).await;

    stack.broker.stop().await;
    let away_since = Instant::now();
    while away_since.elapsed() < OUTAGE {
        counters.all_go_on(&runs, PACE).await;
    }
    stack.broker.start_again().await;
    counters.all_go_on(&runs, 2 * PACE).await;

    for (run, pids) in &pids {
        assert_eq!(counters.pids(run, 1), *pids, "{run} was begun once");
        assert_eq!(pids.len(), 1, "{run} is one process");
        assert!(alive(pids[0], run), "the agent of {run} has died");
    }
    counters.let_go();
    for run in &runs {
        let ended = stack.client.ended(run).await;
        let state = (&ended["state"], &ended["attempt"]);
        assert_eq!(state, (&json!("succeeded"), &json!(1)), "{ended:#}");
        assert!(
            counters.pids(run, 2).is_empty(),
            "{run} has no second attempt"
        );
    }
    check_record(&stack, &runs).await;
    stack.stop().await;
}

/// Every report is there once, in order, and counts; so does every line of every log.
async fn check_record(stack: &Stack, runs: &[String]) {
    let rows = stack.rows();
    assert!(rows.table("unreadable_messages").is_empty());
    let events = rows.table("task_run_events");
    for run in runs {
        let events = events.iter().filter(|event| event["run_id"] == **run);
        let mut sequences = Vec::new();
        for event in events {
            assert_eq!(event["effective"], true, "{event:#}");
            assert_ne!(event["kind"], "lease_lost");
            sequences.extend(event["seq"].as_u64());
        }
        let all: Vec<u64> = (1..=sequences.len() as u64).collect();
        assert_eq!(sequences, all, "{run} has every event once, in order");
        Counters::assert_whole(&rows.log(run));
        let path = format!("/api/task-runs/{run}/artifacts/1/logs/agent.log");
        Counters::assert_whole(&stack.client.text(&path).await);
    }
}
