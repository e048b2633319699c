//! Pause by force, of an agent that never comes to a checkpoint.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use super::{event, until_phase, until_running, wish};
use crate::stack::{Counters, Plan, Stack};

/// Clock ticks that a process has spent on processors.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process is there");
    let (_, fields) = stat.rsplit_once(')').expect("a command");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |n: usize| fields[n].parse::<u64>().expect("a number");
    number(11) + number(12)
}

/// Pauses a counting agent in this way, and checks that it neither counts nor uses a processor
/// until it goes on.
async fn stands_still(pause: Value, escalated: bool) {
    let stack = Stack::start(Plan::default()).await;
    let counters = Counters::new("0.05");
    let runs = counters.begin(&stack, 1).await;
    let run = &runs[0];
    wish(&stack, run, pause).await;
    let held = until_phase(&stack, run, "effective").await;
    assert_eq!(held["state"], "paused", "{held:#}");
    let pause = &held["control"]["pause"];
    let method = pause["method"].as_str().unwrap_or_default();
    assert!(matches!(method, "cgroup" | "signal"), "{pause:#}");
    assert_eq!(pause["escalated"], escalated, "{pause:#}");
    let pid = counters.pids(run, 1)[0];
    let (used, counted) = (ticks(pid), counters.count(run, 1));
    // Beats are said while it stands still: the run is held, not lost.
    let mut beats = tokio::time::interval(Duration::from_millis(500));
    for _ in 0..5 {
        beats.tick().await;
        assert_eq!((ticks(pid), counters.count(run, 1)), (used, counted));
    }
    wish(&stack, run, json!({"action": "resume"})).await;
    until_running(&stack, run).await;
    counters.all_go_on(&runs, 3).await;
    let resumed = event(&stack, run, "resumed").await;
    let paused_ms = resumed["data"]["pausedMs"].as_u64().expect("a time");
    assert!(paused_ms >= 2000, "{resumed:#}");
    counters.let_go();
    let ended = stack.client.ended(run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    stack.stop().await;
}

// H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_hard_pause_takes_the_processor_away_until_the_run_goes_on() {
    stands_still(json!({"action": "pause", "mode": "hard"}), false).await;
}

// H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_soft_pause_without_a_checkpoint_becomes_a_hard_one_and_says_so() {
    stands_still(json!({"action": "pause", "deadlineSeconds": 1}), true).await;
}
