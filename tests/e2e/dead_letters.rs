//! A run that fails is tried again after growing delays, is dead-lettered, and is tried once more
//! when an operator has mended what was broken. A run that hangs on a worker is taken from it.

use std::{fs, path::Path};

use baton_testkit::Signal;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::stack::{Counters, Plan, Stack, id};

fn kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| event["type"] == kind)
        .collect()
}

fn time(event: &Value) -> DateTime<Utc> {
    let at = event["at"].as_str().expect("a time");
    at.parse().expect("RFC 3339")
}

/// From each failure to the lease after it.
fn pauses(events: &[Value]) -> Vec<TimeDelta> {
    let failed = kind(events, "failed");
    let taken = kind(events, "lease_taken");
    let pairs = failed.iter().zip(taken.iter().skip(1));
    pairs
        .map(|(failed, taken)| time(taken) - time(failed))
        .collect()
}

/// Lets an attempt fail, and says how long after that the next is due. Nobody offers it meanwhile, so
/// that there is time to look.
async fn due_after(stack: &mut Stack, run: &str, attempt: u32, fails: &Path) -> TimeDelta {
    let begun = |run: &Value| run["attempt"] == attempt && run["stage"] == "execute";
    stack.client.until(run, begun).await;
    stack.supervisor.stop().await;
    fs::write(fails.with_extension(attempt.to_string()), "").expect("a file");
    let waits = |run: &Value| run["state"] == "retry_scheduled";
    let waits = stack.client.until(run, waits).await;
    let events = stack.client.events(run).await;
    let failed = kind(&events, "failed");
    let due = waits["dueAt"].as_str().expect("a time");
    let due: DateTime<Utc> = due.parse().expect("RFC 3339");
    stack.supervisor.start_again();
    due - time(failed.last().expect("it has failed"))
}

// W-12
#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_failing_becomes_a_dead_letter_and_may_be_driven_again() {
    let mut stack = Stack::start(Plan::default()).await;
    let mended = stack.folder().join("mended");
    let fails = stack.folder().join("fails");
    // Killed by a signal that is not Baton's: that may pass.
    let script = format!(
        "if [ ! -e {} ]; then until [ -e {}.$BATON_ATTEMPT ]; do sleep 0.05; done; kill -KILL $$; fi; \
         echo went well",
        mended.display(),
        fails.display()
    );
    let run = stack
        .client
        .submit(&json!({
            "type": "command", "maxAttempts": 3, "task": {"argv": ["sh", "-c", script]},
            "retry": {"firstDelaySeconds": 1, "maxDelaySeconds": 300},
        }))
        .await;
    let run = id(&run);
    for (attempt, full) in [(1, 1000), (2, 2000)] {
        let due = due_after(&mut stack, &run, attempt, &fails).await;
        // Up to a fifth is taken off, so that runs that failed together do not return together.
        let least = TimeDelta::milliseconds(full * 4 / 5);
        let most = TimeDelta::milliseconds(full);
        assert!(least <= due && due <= most, "{attempt}: {due}");
    }
    fs::write(fails.with_extension("3"), "").expect("a file");

    let dead = stack.client.ended(&run).await;
    let state = (&dead["state"], &dead["attempt"], &dead["error"]["code"]);
    assert_eq!(
        state,
        (&json!("dead_lettered"), &json!(3), &json!("agent_killed")),
        "{dead:#}"
    );
    let events = stack.client.events(&run).await;
    let pauses = pauses(&events);
    assert_eq!(pauses.len(), 2, "{pauses:?}");
    for (pause, least) in pauses.iter().zip([800, 1600]) {
        assert!(TimeDelta::milliseconds(least) <= *pause, "{pauses:?}");
    }

    fs::write(&mended, "").expect("what was broken is mended");
    let words = [
        "runs",
        "redrive",
        &run,
        "--note",
        "the disk has room again",
        "--follow",
    ];
    stack.baton(&words).await;
    let done = stack.client.ended(&run).await;
    let state = (&done["state"], &done["attempt"]);
    assert_eq!(state, (&json!("succeeded"), &json!(4)), "{done:#}");
    let events = stack.client.events(&run).await;
    let redriven = kind(&events, "redriven");
    assert_eq!(redriven.len(), 1);
    assert_eq!(redriven[0]["data"]["note"], "the disk has room again");

    let mut again = stack.process(&["runs", "redrive", &run]);
    assert_eq!(again.wait().await.code(), Some(4), "{}", again.log());
    stack.stop().await;
}

// W-11 W-12
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_taken_from_a_worker_that_hangs() {
    let mut stack = Stack::start(Plan {
        lease_seconds: 600,
        ..Plan::default()
    })
    .await;
    let counters = Counters::new("0.1");
    let runs = counters.begin(&stack, 1).await;
    let run = &runs[0];
    stack.hire("worker-2", 1, &[]).await;
    stack.workers[0].signal(Signal::SIGSTOP);

    let words = ["leases", "release", run, "--note", "worker-1 hangs"];
    stack.baton(&words).await;
    counters.all_reach(&runs, 2, 1).await;
    stack.workers[0].signal(Signal::SIGCONT);
    counters.all_are_gone(&runs, 1).await;
    counters.let_go();

    let done = stack.client.ended(run).await;
    let state = (&done["state"], &done["attempt"]);
    assert_eq!(state, (&json!("succeeded"), &json!(2)), "{done:#}");
    let events = stack.client.events(run).await;
    let asked = kind(&events, "release_requested");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["data"]["note"], "worker-1 hangs");
    Counters::assert_whole(&stack.rows().log(run));
    stack.stop().await;
}
