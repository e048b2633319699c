//! A worker with ten runs is lost: killed, stopped, cut off. Its runs start again elsewhere within
//! the lease and a second, none is lost, none is done by two, and what the old worker says later
//! changes nothing.

use std::{ops::Range, slice, time::Duration};

use baton_testkit::{Proxy, Signal, git::SampleRepository};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::stack::{Counters, Plan, Refused, Rows, Stack};

const RUNS: usize = 10;
const LEASE: u32 = 5;
/// How much later than its lease a run may start again.
const SLACK: TimeDelta = TimeDelta::seconds(1);

/// How the worker is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By SIGKILL.
    Killed,
    /// By SIGSTOP, until SIGCONT.
    Stopped,
    /// Its connections break, and cannot be made again.
    CutOff,
    /// Its connections stay, but nothing passes; what was sent meanwhile arrives later.
    Unheard,
}

/// What is between a worker and the others.
struct Line {
    broker: Proxy,
    api: Proxy,
}

impl Line {
    async fn of(stack: &Stack) -> Self {
        Self {
            broker: Proxy::start(&stack.broker.url()).await,
            api: Proxy::start(&stack.client.url("")).await,
        }
    }

    /// The settings of a worker at the end of this line.
    fn settings(&self, stack: &Stack) -> [(&'static str, String); 2] {
        [
            ("BATON_NATS_URL", self.broker.through(&stack.broker.url())),
            ("BATON_API_URL", self.api.through(&stack.client.url(""))),
        ]
    }
}

impl Way {
    async fn strike(self, stack: &mut Stack, line: &Line) {
        match self {
            Self::Killed => stack.workers[0].kill9().await,
            Self::Stopped => stack.workers[0].signal(Signal::SIGSTOP),
            Self::CutOff => {
                line.broker.cut();
                line.api.cut();
            }
            Self::Unheard => {
                line.broker.stall();
                line.api.stall();
            }
        }
    }

    /// The lost worker is back.
    fn undo(self, stack: &mut Stack, line: &Line) {
        match self {
            Self::Killed => stack.workers[0].start_again(),
            Self::Stopped => stack.workers[0].signal(Signal::SIGCONT),
            Self::CutOff | Self::Unheard => {
                line.broker.restore();
                line.api.restore();
            }
        }
    }
}

// W-11
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_runs_start_again_elsewhere() {
    a_lost_workers_runs_start_again_elsewhere(Way::Killed).await;
}

// W-11
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_workers_runs_start_again_elsewhere() {
    a_lost_workers_runs_start_again_elsewhere(Way::Stopped).await;
}

// W-11
#[tokio::test(flavor = "multi_thread")]
async fn the_runs_of_a_worker_that_is_cut_off_start_again_elsewhere() {
    a_lost_workers_runs_start_again_elsewhere(Way::CutOff).await;
}

// W-11
#[tokio::test(flavor = "multi_thread")]
async fn the_runs_of_a_worker_behind_a_silent_network_start_again_elsewhere() {
    a_lost_workers_runs_start_again_elsewhere(Way::Unheard).await;
}

async fn a_lost_workers_runs_start_again_elsewhere(way: Way) {
    let mut stack = Stack::start(Plan {
        workers: 0,
        lease_seconds: LEASE,
        ..Plan::default()
    })
    .await;
    let line = Line::of(&stack).await;
    let settings = line.settings(&stack);
    stack.hire("worker-1", RUNS, &settings).await;
    let counters = Counters::new("0.2");
    let runs = counters.begin(&stack, RUNS).await;
    stack.hire("worker-2", RUNS, &[]).await;
    has_beaten_for(&stack, "worker-1", &runs).await;

    way.strike(&mut stack, &line).await;
    counters.all_reach(&runs, 2, 3).await;
    let last_beat = last_beat(&stack, "worker-1").await;
    way.undo(&mut stack, &line);
    // The old worker learns that it is over, and its agents end.
    counters.all_are_gone(&runs, 1).await;
    counters.let_go();

    for run in &runs {
        let ended = stack.client.ended(run).await;
        let state = (&ended["state"], &ended["attempt"]);
        assert_eq!(state, (&json!("succeeded"), &json!(2)), "{ended:#}");
        assert_eq!(counters.pids(run, 2).len(), 1, "{run} was begun once");
    }
    // What the old worker has left to say is said, or refused, before it leaves.
    stack.workers[0].wait_for_line("ready").await;
    for mut worker in std::mem::take(&mut stack.workers) {
        worker.stop().await;
    }
    let rows = stack.rows();
    for run in &runs {
        Story::of(&rows, run).assert_moved_once(last_beat.clone());
        Counters::assert_whole(&rows.log(run));
    }
    let artifacts = rows.table("task_run_artifacts");
    assert!(artifacts.iter().all(|file| file["attempt"] == 2));
    assert!(rows.table("unreadable_messages").is_empty());
    stack.stop_but_for(Refused::is_late).await;
}

/// The events of one run, in order.
struct Story<'a>(Vec<&'a Value>);

impl<'a> Story<'a> {
    fn of(rows: &'a Rows, run: &str) -> Self {
        let events = rows.table("task_run_events").iter();
        Self(events.filter(|event| event["run_id"] == run).collect())
    }

    /// The events of a kind, effective or not.
    fn kind(&self, kind: &str) -> Vec<&'a Value> {
        let all = self.0.iter().copied();
        all.filter(|event| event["kind"] == kind).collect()
    }

    /// Its holder was lost and the next one took it in time; after that nothing of the old one
    /// had any effect.
    fn assert_moved_once(&self, last_beat: Range<DateTime<Utc>>) {
        let taken = self.kind("lease_taken");
        let by: Vec<&Value> = taken.iter().map(|event| &event["source"]).collect();
        assert_eq!(by, ["worker-1", "worker-2"], "{taken:#?}");
        let lost = self.kind("lease_lost");
        let [lost] = lost[..] else {
            panic!("lost once: {lost:#?}");
        };
        assert_eq!(lost["effective"], true);
        let waited = time(taken[1]) - last_beat.end..time(taken[1]) - last_beat.start;
        let lease = TimeDelta::seconds(LEASE.into());
        // The beat is timed where the API hears it, which may be busy.
        let early = lease - TimeDelta::milliseconds(500);
        assert!(
            early <= waited.end && waited.start <= lease + SLACK,
            "started again {waited:?} after the last beat"
        );
        for event in &self.0 {
            let of_old =
                event["attempt"] == 1 && event["position"].as_u64() > lost["position"].as_u64();
            assert!(
                !of_old || event["effective"] == false,
                "a late report counts: {event:#}"
            );
        }
        let ended = self.kind("succeeded");
        assert_eq!(ended.len(), 1, "{ended:#?}");
        assert_eq!(
            (&ended[0]["attempt"], &ended[0]["effective"]),
            (&json!(2), &json!(true))
        );
    }
}

fn time(event: &Value) -> DateTime<Utc> {
    let at = event["at"].as_str().expect("a time");
    at.parse().expect("RFC 3339")
}

/// When the worker was last heard of: not before, and not after. Between lies the asking.
async fn last_beat(stack: &Stack, worker: &str) -> Range<DateTime<Utc>> {
    let asked = now();
    let list = stack.client.get("/api/workers").await;
    let told = now();
    let age = beat(&list, worker).and_then(|info| info["beatAgeMs"].as_i64());
    let age = TimeDelta::milliseconds(age.expect("it was heard within the last minute"));
    asked - age..told - age
}

/// The worker's last beat.
fn beat<'a>(list: &'a Value, worker: &str) -> Option<&'a Value> {
    let mut workers = list["workers"].as_array()?.iter();
    workers.find(|info| info["id"] == worker)
}

/// Waits until the worker has beaten for all these runs when the supervisor knew all their leases. A
/// lease that nobody has beaten for yet counts from when it was seen.
async fn has_beaten_for(stack: &Stack, worker: &str, runs: &[String]) {
    for run in runs {
        stack
            .client
            .until(run, |run| run["state"] == "running")
            .await;
    }
    let recorded = Instant::now();
    // The supervisor looks every second.
    let seen = Duration::from_secs(2);
    let beaten = |list: &Value| {
        beat(list, worker).is_some_and(|info| {
            let age = Duration::from_millis(info["beatAgeMs"].as_u64().expect("its age"));
            let held = info["runs"].as_array().map_or(0, Vec::len);
            held == runs.len() && age + seen < recorded.elapsed()
        })
    };
    stack.client.until_at("/api/workers", beaten).await;
}

#[expect(
    clippy::disallowed_methods,
    reason = "the journey is timed by the clock of the machine that all parts of it share"
)]
fn now() -> DateTime<Utc> {
    Utc::now()
}

// W-11: the worker stops at the last moment before it would publish, and wakes when the run is another's.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_wakes_after_its_lease_never_pushes() {
    let mut stack = Stack::start(Plan {
        lease_seconds: 9,
        ..Plan::default()
    })
    .await;
    let repository = SampleRepository::new();
    let counters = Counters::new("0.1");
    let old = stack.workers[0].pid().expect("it runs");
    let count = counters.job()["task"]["argv"][2]
        .as_str()
        .map(str::to_owned);
    let script = format!(
        "echo attempt $BATON_ATTEMPT > DONE.md; \
         if [ $BATON_ATTEMPT = 1 ]; then kill -STOP {old}; exit; fi; {}",
        count.expect("a script")
    );
    let run = stack
        .client
        .submit(&json!({
            "type": "command", "repository": repository.url(),
            "task": {"argv": ["sh", "-c", script], "publish": {"mode": "branch"}},
        }))
        .await;
    let run = crate::stack::id(&run);
    // Which stays on record, also when the lease is lost before anybody looks.
    let path = format!("/api/task-runs/{run}/events?limit=1000");
    let taken = |page: &Value| {
        let mut events = page["events"].as_array().into_iter().flatten();
        events.any(|event| event["type"] == "lease_taken")
    };
    stack.client.until_at(&path, taken).await;
    stack.hire("worker-2", 1, &[]).await;

    counters.all_reach(slice::from_ref(&run), 2, 1).await;
    let mut woken = stack.workers.remove(0);
    woken.signal(Signal::SIGCONT);
    woken.wait_for_line("the attempt is over").await;
    woken.stop().await;
    assert_eq!(repository.branches(), ["main"], "the old worker pushed");

    counters.let_go();
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    let branch = ended["result"]["branch"].as_str().expect("a branch");
    assert_eq!(
        repository.file(branch, "DONE.md").as_deref(),
        Some("attempt 2")
    );
    assert_eq!(repository.subjects(branch).len(), 2, "pushed once");
    let artifacts = stack.rows();
    let artifacts = artifacts.table("task_run_artifacts");
    assert!(artifacts.iter().all(|file| file["attempt"] == 2));
    stack.stop().await;
}
