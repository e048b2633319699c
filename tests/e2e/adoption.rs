//! A worker is killed and started again, as itself and as another build, in the middle of long runs:
//! their agents go on as the same processes, under the same attempts, and nothing of their logs is
//! missing or doubled.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

use crate::stack::{Plan, Stack, binary, id, processes_of};

const RUNS: usize = 5;

/// Counts every 50 ms until the folder has a file `stop`; its process id stands first.
fn counting(folder: &Path) -> Value {
    let stop = folder.join("stop");
    let script = format!(
        "echo $$; i=0; until [ -e {} ]; do i=$((i+1)); echo $i; sleep 0.05; done",
        stop.display()
    );
    json!({"type": "command", "task": {"argv": ["sh", "-c", script]}})
}

/// The run's published log.
async fn log(stack: &Stack, run: &str) -> String {
    let mut text = String::new();
    for event in stack.client.events(run).await {
        if event["type"] == "output" {
            text += event["data"]["text"].as_str().expect("text");
        }
    }
    text
}

/// Waits until the run has counted so far; its process.
async fn counted_to(stack: &Stack, run: &str, n: usize) -> u32 {
    let mut poll = tokio::time::interval(std::time::Duration::from_millis(100));
    for _ in 0..600 {
        poll.tick().await;
        let text = log(stack, run).await;
        if text.lines().count() > n {
            let first = text.lines().next().expect("a line");
            return first.parse().expect("a process id");
        }
    }
    panic!("{run} did not count to {n}");
}

// B-09 W-11: five long runs, a worker that is killed and started again as itself and as another build.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_killed_and_upgraded_under_long_runs() {
    let mut stack = Stack::start(Plan {
        slots: RUNS,
        ..Plan::default()
    })
    .await;
    let folder = stack.folder();
    let body = counting(&folder);
    let mut runs = BTreeMap::new();
    for _ in 0..RUNS {
        runs.insert(id(&stack.client.submit(&body).await), 0);
    }
    for (run, agent) in &mut runs {
        *agent = counted_to(&stack, run, 10).await;
    }
    stack.workers[0].kill9().await;
    stack.workers[0].start_again();
    go_on(&mut stack, &runs, 60).await;
    stack.workers[0].kill9().await;
    let other = folder.join("baton-of-another-build");
    fs::copy(binary(), &other).expect("a copy");
    stack.replace_worker(0, &other);
    go_on(&mut stack, &runs, 120).await;
    fs::write(folder.join("stop"), "").expect("a file");
    for run in runs.keys() {
        let ended = stack.client.ended(run).await;
        assert_eq!(ended["state"], "succeeded", "{ended:#}");
        assert_eq!(ended["attempt"], 1, "{ended:#}");
        let log = log(&stack, run).await;
        let counted = log
            .lines()
            .skip(1)
            .map(|line| line.parse::<usize>().expect("a number"));
        assert!(counted.eq(1..log.lines().count()), "{log}");
        let kept = stack
            .client
            .text(&format!("/api/task-runs/{run}/artifacts/1/logs/agent.log"))
            .await;
        assert_eq!(kept, log);
        let events = stack.client.events(run).await;
        let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
        assert_eq!((of("agent_started"), of("agent_exited")), (1, 1));
        assert_eq!(
            (of("adopted"), of("lease_taken"), of("lease_lost")),
            (2, 1, 0)
        );
    }
    stack.stop().await;
}

/// The agents count on, as the processes that they were.
async fn go_on(stack: &mut Stack, runs: &BTreeMap<String, u32>, n: usize) {
    stack.workers[0].wait_for_line("ready").await;
    for (run, agent) in runs {
        counted_to(stack, run, n).await;
        assert!(processes_of(run).contains(agent), "{agent} of {run}");
    }
}
