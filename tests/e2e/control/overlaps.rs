//! Wishes that meet each other, or a run that is somewhere else: each has its defined answer.

use serde_json::{Value, json};

use super::{event, try_post, until_phase, until_running, wish};
use crate::stack::{Counters, Plan, Stack, id};

async fn refused(stack: &Stack, run: &str, body: Value) -> String {
    let path = format!("/api/task-runs/{run}/control");
    let (status, answer) = try_post(stack, &path, body).await;
    assert_eq!(status, 409, "{answer:#}");
    answer["detail"].as_str().expect("a reason").to_owned()
}

// H-05 H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_not_held_cannot_be_resumed_and_one_that_ended_hears_nothing() {
    let stack = Stack::start(Plan::default()).await;
    let counters = Counters::new("0.05");
    let runs = counters.begin(&stack, 1).await;
    let run = &runs[0];
    refused(&stack, run, json!({"action": "resume"})).await;
    refused(&stack, run, json!({"action": "hand_back", "summary": "x"})).await;
    wish(&stack, run, json!({"action": "pause", "mode": "hard"})).await;
    until_phase(&stack, run, "effective").await;
    // Once more is no mistake, and changes nothing.
    wish(&stack, run, json!({"action": "pause", "mode": "hard"})).await;
    wish(&stack, run, json!({"action": "resume"})).await;
    until_running(&stack, run).await;
    refused(&stack, run, json!({"action": "resume"})).await;
    counters.let_go();
    stack.client.ended(run).await;
    for action in ["pause", "resume", "takeover"] {
        refused(&stack, run, json!({"action": action})).await;
    }
    let path = format!("/api/task-runs/{run}/operator-messages");
    let (status, answer) = try_post(&stack, &path, json!({"message": "hello"})).await;
    assert_eq!(status, 409, "{answer:#}");
    stack.stop().await;
}

// H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_run_paused_while_it_waits_is_begun_when_it_is_resumed() {
    let mut stack = Stack::start(Plan {
        workers: 0,
        ..Plan::default()
    })
    .await;
    let witness = stack.folder().join("witness");
    let script = format!("touch {}", witness.display());
    let body = json!({"type": "command", "task": {"argv": ["sh", "-c", script]}});
    let run = id(&stack.client.submit(&body).await);
    wish(&stack, &run, json!({"action": "pause"})).await;
    stack.hire("late", 1, &[]).await;
    let held = until_phase(&stack, &run, "effective").await;
    assert_eq!(held["control"]["pause"]["method"], "stage", "{held:#}");
    assert!(!witness.exists(), "it was begun");
    wish(&stack, &run, json!({"action": "resume"})).await;
    assert_eq!(stack.client.ended(&run).await["state"], "succeeded");
    assert!(witness.exists());
    stack.stop().await;
}

// H-09 W-11
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_whose_worker_is_lost_is_held_in_its_next_attempt_too() {
    let mut stack = Stack::start(Plan {
        workers: 2,
        slots: 1,
        lease_seconds: 9,
        ..Plan::default()
    })
    .await;
    let counters = Counters::new("0.05");
    let runs = counters.begin(&stack, 1).await;
    let run = &runs[0];
    wish(&stack, run, json!({"action": "pause", "mode": "hard"})).await;
    let held = until_phase(&stack, run, "effective").await;
    let holder = held["lease"]["worker"].as_str().expect("a holder");
    let lost = usize::from(holder == "worker-2");
    stack.workers.remove(lost).kill9().await;
    let held_again =
        |run: &Value| run["attempt"] == 2 && run["control"]["pause"]["phase"] == "effective";
    let held = stack.client.until(run, held_again).await;
    assert_eq!(held["state"], "paused", "{held:#}");
    assert_eq!(counters.count(run, 2), 0, "it counts in its next attempt");
    wish(&stack, run, json!({"action": "resume"})).await;
    counters.all_reach(&runs, 2, 3).await;
    counters.let_go();
    assert_eq!(stack.client.ended(run).await["state"], "succeeded");
    stack.stop().await;
}

// H-05 H-09
#[tokio::test(flavor = "multi_thread")]
async fn the_pause_of_a_pool_holds_its_runs_until_it_ends() {
    let stack = Stack::start(Plan::default()).await;
    let counters = Counters::new("0.05");
    let runs = counters.begin(&stack, 2).await;
    let drain = json!({"scope": "pool.default", "note": "the registry is down", "runs": "pause"});
    super::post(&stack, "/api/drains", drain).await;
    for run in &runs {
        let held = stack
            .client
            .until(run, |run| run["state"] == "paused")
            .await;
        assert_eq!(held["control"]["pause"]["cause"], "scope", "{held:#}");
    }
    let ended = stack.client.delete("/api/drains/pool.default").await;
    assert!(ended.status().is_success(), "{ended:?}");
    for run in &runs {
        until_running(&stack, run).await;
        let resumed = event(&stack, run, "resumed").await;
        assert_eq!(resumed["data"]["cause"], "scope", "{resumed:#}");
    }
    counters.let_go();
    for run in &runs {
        assert_eq!(stack.client.ended(run).await["state"], "succeeded");
    }
    stack.stop().await;
}

// H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_used_up_holds_the_run_until_it_is_raised() {
    let stack = Stack::start(Plan::default()).await;
    let counters = Counters::new("0.05");
    let mut job = counters.job();
    job["control"] = json!({"budgets": {"wallSeconds": 2}});
    let run = id(&stack.client.submit(&job).await);
    let held = stack
        .client
        .until(&run, |run| run["control"]["budgets"][0]["reached"] == true)
        .await;
    assert_eq!(held["control"]["budgets"][0]["limit"], 2, "{held:#}");
    wish(
        &stack,
        &run,
        json!({"action": "raise_budget", "budget": "wall_seconds", "limit": 600}),
    )
    .await;
    let raised = stack
        .client
        .until(&run, |run| run["control"]["budgets"][0]["limit"] == 600)
        .await;
    assert_eq!(raised["control"]["budgets"][0]["reached"], false);
    until_running(&stack, &run).await;
    counters.let_go();
    assert_eq!(stack.client.ended(&run).await["state"], "succeeded");
    stack.stop().await;
}

// H-05
#[tokio::test(flavor = "multi_thread")]
async fn a_run_held_before_it_publishes_goes_on_by_a_persons_word() {
    let repository = baton_testkit::git::SampleRepository::new();
    let stack = Stack::start(Plan::default()).await;
    let body = json!({
        "type": "command",
        "repository": repository.url(),
        "task": {
            "argv": ["sh", "-c", "echo more >> README.md"],
            "git": {"newBranch": "task/held"},
            "publish": {"mode": "branch", "commitMessage": "More"},
        },
        "control": {"pauseBefore": ["publish"]},
    });
    let run = id(&stack.client.submit(&body).await);
    let held = until_phase(&stack, &run, "effective").await;
    let pause = &held["control"]["pause"];
    assert_eq!(pause["cause"], "policy", "{pause:#}");
    assert_eq!(pause["before"], "publish", "{pause:#}");
    assert!(!repository.branches().contains(&"task/held".to_owned()));
    let page = stack.client.get("/api/help-requests?state=open").await;
    let help = page["helpRequests"][0]["id"].as_str().expect("an id");
    let path = format!("/api/help-requests/{help}/answer");
    super::post(&stack, &path, json!({"answer": "go"})).await;
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    assert!(repository.branches().contains(&"task/held".to_owned()));
    stack.stop().await;
}
