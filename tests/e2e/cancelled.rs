//! A run is cancelled while it waits, while it is prepared, while it runs, while it is published:
//! each time it ends as cancelled, when that was asked and done is on record, and no process of it is left.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use baton_testkit::git::SampleRepository;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::stack::{Counters, Plan, Stack, id, marked_as_of, none_works_for, processes_of};

/// Longer than the grace that programs get: what does not end by then was not ended.
const WITHIN: TimeDelta = TimeDelta::seconds(10);

async fn cancel(stack: &Stack, run: &str) {
    let answer = stack
        .client
        .post(
            &format!("/api/task-runs/{run}/control"),
            &json!({"action": "cancel", "note": "no longer needed"}),
        )
        .await;
    assert!(answer.status().is_success(), "{answer:?}");
}

fn time(event: &Value) -> DateTime<Utc> {
    let at = event["at"].as_str().expect("a time");
    at.parse().expect("RFC 3339")
}

fn one<'a>(events: &'a [Value], kind: &str) -> Option<&'a Value> {
    let mut found = events.iter().filter(|event| event["type"] == kind);
    let first = found.next();
    assert!(found.next().is_none(), "{kind} is there twice");
    first
}

/// Cancels a run that somebody works on, and checks what is left of it.
async fn cancel_and_check(stack: &Stack, run: &str) {
    assert!(!processes_of(run).is_empty(), "something works for {run}");
    cancel(stack, run).await;
    let ended = stack.client.ended(run).await;
    assert_eq!(ended["state"], "cancelled", "{ended:#}");
    assert_eq!(marked_as_of(run), Vec::<u32>::new(), "of {run}");
    // What its agent lived in has nothing left to do, and ends by itself.
    none_works_for(run).await;
    let events = stack.client.events(run).await;
    let asked = one(&events, "cancel_requested").expect("the wish is on record");
    assert_eq!(asked["data"]["note"], "no longer needed");
    let done = one(&events, "cancelled").expect("the end is on record");
    let took = time(done) - time(asked);
    assert!(
        TimeDelta::zero() <= took && took <= WITHIN,
        "it took {took}"
    );
    assert!(one(&events, "succeeded").is_none());
}

// W-12
#[tokio::test(flavor = "multi_thread")]
async fn a_run_cancelled_while_it_waits_is_never_begun() {
    let mut stack = Stack::start(Plan {
        workers: 0,
        ..Plan::default()
    })
    .await;
    let counters = Counters::new("0.1");
    let run = id(&stack.client.submit(&counters.job()).await);
    cancel(&stack, &run).await;
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "cancelled", "{ended:#}");
    // The worker that finds the offer does not begin it, and goes on to the next.
    stack.hire("worker-1", 1, &[]).await;
    let next = json!({"type": "command", "task": {"argv": ["true"]}});
    let next = id(&stack.client.submit(&next).await);
    assert_eq!(stack.client.ended(&next).await["state"], "succeeded");
    assert!(counters.pids(&run, 1).is_empty(), "it was begun");
    assert_eq!(
        stack.client.get(&format!("/api/task-runs/{run}")).await["state"],
        "cancelled"
    );
    // That it is over the worker learns once it has taken it.
    stack.stop_but_for(|it| it.refusal == "wrong_state").await;
}

// W-12
#[tokio::test(flavor = "multi_thread")]
async fn a_run_cancelled_while_its_repository_is_fetched_ends() {
    let stack = Stack::start(Plan::default()).await;
    // A git server that takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = silent
        .local_addr()
        .expect("a bound listener has one")
        .port();
    let run = stack
        .client
        .submit(&json!({
            "type": "command", "repository": format!("http://127.0.0.1:{port}/app.git"),
            "task": {"argv": ["true"]},
        }))
        .await;
    let run = id(&run);
    let _connected =
        tokio::task::spawn_blocking(move || silent.accept().map(|connected| (connected, silent)))
            .await
            .expect("accepting does not panic")
            .expect("git connects");
    let prepared = |run: &Value| run["stage"] == "prepare";
    stack.client.until(&run, prepared).await;
    cancel_and_check(&stack, &run).await;
    stack.stop().await;
}

// W-12
#[tokio::test(flavor = "multi_thread")]
async fn a_running_command_that_will_not_end_is_ended_with_all_that_it_started() {
    let stack = Stack::start(Plan::default()).await;
    let [ready, child_ready] = ["ready", "child"].map(|name| stack.folder().join(name));
    // Deaf to SIGTERM; a child in a session of its own; a grandchild whose parent is gone.
    let script = format!(
        "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 300 & echo > {}; while :; do sleep 1; done' & \
         (sleep 301 &) ; echo > {}; while :; do sleep 1; done",
        child_ready.display(),
        ready.display()
    );
    let run = stack
        .client
        .submit(&json!({"type": "command", "task": {"argv": ["sh", "-c", script]}}))
        .await;
    let run = id(&run);
    stack.wait_for_file(&ready).await;
    stack.wait_for_file(&child_ready).await;
    // Whose environment cannot be read at this moment becomes another program.
    let mut poll = tokio::time::interval(Duration::from_millis(20));
    while processes_of(&run).len() < 3 {
        poll.tick().await;
    }
    cancel_and_check(&stack, &run).await;
    stack.stop().await;
}

// W-12
#[tokio::test(flavor = "multi_thread")]
async fn a_run_cancelled_while_it_is_published_ends() {
    let stack = Stack::start(Plan::default()).await;
    let repository = SampleRepository::new();
    let reached = stack.folder().join("reached");
    hold_pushes(&repository, &reached);
    let run = stack
        .client
        .submit(&json!({
            "type": "command", "repository": repository.url(),
            "task": {"argv": ["sh", "-c", "echo x > x"], "publish": {"mode": "branch"}},
        }))
        .await;
    let run = id(&run);
    stack.wait_for_file(&reached).await;
    stack
        .client
        .until(&run, |run| run["stage"] == "publish")
        .await;
    let hook = fs::read_to_string(&reached).expect("the hook's process");
    cancel_and_check(&stack, &run).await;
    let hook = Path::new("/proc").join(hook.trim());
    // One that has ended but is not reaped has no command line.
    let line = fs::read_to_string(hook.join("cmdline")).unwrap_or_default();
    assert_eq!(line, "", "the remote's hook still runs");
    assert_eq!(repository.branches(), ["main"]);
    stack.stop().await;
}

/// The remote takes a push, says so by a file, and then does not go on.
fn hold_pushes(repository: &SampleRepository, reached: &Path) {
    let hook = repository.remote().join("hooks/pre-receive");
    let script = format!(
        "#!/bin/sh\necho $$ > {0}.new; mv {0}.new {0}\nsleep 300\n",
        reached.display()
    );
    fs::write(&hook, script).expect("a hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it may be run");
}
