//! Any one part is killed in the middle of the main job and started again: the job ends with the same
//! rows as an undisturbed one.

use baton_testkit::git::SampleRepository;
use serde_json::Value;

use crate::{
    main_job::{job, script},
    stack::{Plan, Stack},
};

/// The job, with something happening in its middle, and what is in the database afterwards.
async fn job_with(disturb: impl AsyncFn(&mut Stack)) -> (Value, String) {
    let repository = SampleRepository::new();
    let mut stack = Stack::start(Plan {
        script: script(),
        ..Plan::default()
    })
    .await;
    let id = crate::stack::id(&stack.client.submit(&job(&repository)).await);
    stack.model.wait_for_request(2).await;
    disturb(&mut stack).await;
    stack.model.release("middle");
    let run = stack.client.ended(&id).await;
    assert_eq!(run["state"], "succeeded", "{run:#}");
    let branch = run["result"]["branch"].as_str().expect("a branch");
    assert_eq!(
        repository.file(branch, "NOTES.md").as_deref(),
        Some("noted")
    );
    let mut branches = repository.branches();
    branches.sort();
    assert_eq!(branches, ["main".to_owned(), branch.to_owned()]);
    let rows = stack.rows();
    let seen = (rows.outcome(&id), rows.log(&id));
    let (url, text) = (repository.url(), seen.0.to_string());
    let outcome = serde_json::from_str(&text.replace(&url, "<repository>")).expect("JSON");
    let log = seen.1.replace(&url, "<repository>");
    stack.stop().await;
    (outcome, log)
}

async fn is_as_undisturbed(disturb: impl AsyncFn(&mut Stack)) {
    let undisturbed = job_with(async |_| ()).await;
    let disturbed = job_with(disturb).await;
    let differing = differing_lines(&undisturbed.0, &disturbed.0);
    assert!(
        differing.is_empty(),
        "- undisturbed, + disturbed:\n{differing}"
    );
    assert_eq!(disturbed.1, undisturbed.1);
}

/// The lines of two values that are not in both, in order.
fn differing_lines(one: &Value, other: &Value) -> String {
    let (one, other) = (format!("{one:#}"), format!("{other:#}"));
    if one == other {
        return String::new();
    }
    let gone = one
        .lines()
        .filter(|line| !other.lines().any(|same| same == *line))
        .map(|line| format!("- {line}\n"));
    let come = other
        .lines()
        .filter(|line| !one.lines().any(|same| same == *line))
        .map(|line| format!("+ {line}\n"));
    format!(
        "{}{}({} lines, {} lines)",
        gone.collect::<String>(),
        come.collect::<String>(),
        one.lines().count(),
        other.lines().count()
    )
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_killed() {
    is_as_undisturbed(async |stack| {
        stack.api.kill9().await;
        stack.api.start_again();
        stack
            .api
            .wait_for_ok(&stack.client.url("/health/ready"))
            .await;
    })
    .await;
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn the_recorder_is_killed() {
    is_as_undisturbed(async |stack| {
        stack.recorder.kill9().await;
        stack.recorder.start_again();
    })
    .await;
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn the_supervisor_is_killed() {
    is_as_undisturbed(async |stack| {
        stack.supervisor.kill9().await;
        stack.supervisor.start_again();
    })
    .await;
}

// B-01 W-11
#[tokio::test(flavor = "multi_thread")]
async fn the_worker_is_killed() {
    is_as_undisturbed(async |stack| {
        stack.workers[0].kill9().await;
        stack.workers[0].start_again();
    })
    .await;
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn the_broker_is_killed() {
    is_as_undisturbed(async |stack| {
        stack.broker.kill9().await;
        stack.broker.start_again().await;
    })
    .await;
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_killed() {
    is_as_undisturbed(async |stack| {
        stack.database.kill9().await;
        stack.database.start_again().await;
    })
    .await;
}

// B-01: while the database is away, submitting works and reads say so.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_away_while_a_run_is_submitted() {
    let mut stack = Stack::start(Plan::default()).await;
    stack.database.stop().await;
    let body = serde_json::json!({"type": "command", "task": {"argv": ["true"]}});
    let run = stack.client.submit(&body).await;
    let read = stack.client.try_get("/api/task-runs").await;
    assert_eq!(read.status(), 503);
    let problem: Value = read.json().await.expect("a problem");
    assert_eq!(problem["type"], "urn:baton:problem:history-unavailable");
    stack.database.start_again().await;
    let run = stack.client.ended(&crate::stack::id(&run)).await;
    assert_eq!(run["state"], "succeeded");
    stack.stop().await;
}

// B-01: while the broker is away, nothing is half done.
#[tokio::test(flavor = "multi_thread")]
async fn the_broker_is_away_while_a_run_is_submitted() {
    let mut stack = Stack::start(Plan::default()).await;
    stack.broker.stop().await;
    let body = serde_json::json!({"type": "command", "task": {"argv": ["true"]}});
    let answer = stack.client.try_submit(&body).await;
    assert_eq!(answer.status(), 503);
    let problem: Value = answer.json().await.expect("a problem");
    assert_eq!(problem["type"], "urn:baton:problem:broker-unavailable");
    stack.broker.start_again().await;
    let ready = stack.client.url("/health/ready");
    stack.api.wait_for_ok(&ready).await;
    let run = stack.client.submit(&body).await;
    stack.client.ended(&crate::stack::id(&run)).await;
    assert_eq!(
        stack.rows().table("task_runs").len(),
        1,
        "the refused submission left nothing"
    );
    stack.stop().await;
}
