//! Drained workers: they take no more, finish what they hold, and take runs again when they may.

use std::{pin::Pin, time::Duration};

use baton_bus::Fence;
use baton_domain::{Clock, DrainedRuns, PauseCause, RunId, SystemClock};
use baton_wire::{Beat, DrainAction, DrainMessage, Event, Filter, MessageId, Subject};
use baton_worker::WhenDrained;
use chrono::{DateTime, TimeDelta, Utc};
use futures::{Stream, StreamExt};
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

use crate::bench::Bench;

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

type Beats = Pin<Box<dyn Stream<Item = Beat> + Send>>;

impl Bench {
    /// Says that a scope takes no more runs, or takes some again.
    async fn wish(&self, scope: &str, action: DrainAction, until: Option<DateTime<Utc>>) {
        self.wish_with(scope, action, until, None).await;
    }

    /// The same, with what becomes of the runs that are held.
    async fn wish_with(
        &self,
        scope: &str,
        action: DrainAction,
        until: Option<DateTime<Utc>>,
        runs: Option<DrainedRuns>,
    ) {
        let id = Uuid::now_v7();
        let message = DrainMessage {
            scope: scope.parse().unwrap(),
            id,
            action,
            note: "new kernel".to_owned(),
            actor: "ada".to_owned().try_into().unwrap(),
            at: SystemClock.now(),
            until,
            runs,
        };
        let subject = Subject::Drain {
            scope: message.scope.clone(),
        };
        let id = MessageId::fleet(id);
        self.publish(&subject, &id, &message, Fence::None).await;
    }

    async fn beats(&self) -> Beats {
        Box::pin(self.bus.beats().await.unwrap())
    }

    async fn succeeded(&self, run: RunId) {
        let story = self.end(run).await;
        assert!(
            matches!(story.last(), Some(Event::Succeeded { .. })),
            "{story:#?}"
        );
    }

    async fn is_taken(&self, run: RunId) -> bool {
        let lease = self.bus.get_last(&Filter::Leases(run)).await;
        lease.unwrap().is_some()
    }
}

/// Waits for a beat that is as wanted.
async fn until(beats: &mut Beats, what: &str, wanted: impl Fn(&Beat) -> bool) -> Beat {
    let search = async {
        loop {
            let beat = beats.next().await.expect("beats have no end");
            if wanted(&beat) {
                return beat;
            }
        }
    };
    let found = timeout(PATIENCE, search).await;
    found.unwrap_or_else(|_| panic!("waited for {what}"))
}

fn waits_for(file: &std::path::Path) -> serde_json::Value {
    let wait = format!("until [ -e {} ]; do sleep 0.05; done", file.display());
    json!({"type": "command", "task": {"argv": ["sh", "-c", wait]}})
}

fn quick() -> serde_json::Value {
    json!({"type": "command", "task": {"argv": ["true"]}})
}

// W-11
#[tokio::test]
async fn a_drained_worker_finishes_its_run_takes_none_and_goes_on_when_it_may() {
    let mut bench = Bench::new().await;
    bench.options.beat_every = Duration::from_millis(200);
    bench.options.slots = 2.try_into().unwrap();
    let mut beats = bench.beats().await;
    let go = bench.state.path().join("go");
    let held = bench.submit(waits_for(&go)).await;
    let working = bench.work();
    // Its holder also says what has been done.
    let says = |beat: &Beat| beat.runs.first().and_then(|run| run.progress?.last_step_at);
    until(&mut beats, "a step of the run", |beat| says(beat).is_some()).await;

    bench.wish("worker.w1", DrainAction::Drain, None).await;
    let drained = until(&mut beats, "a drain", |beat| beat.draining).await;
    let by = drained.drain.expect("whose wish it was");
    assert_eq!(
        (by.scope.to_string().as_str(), by.note.as_str()),
        ("worker.w1", "new kernel")
    );
    assert_eq!(drained.runs.len(), 1, "what it holds is finished");
    let waiting = bench.submit(quick()).await;
    std::fs::write(&go, "").unwrap();
    bench.succeeded(held).await;
    let idle = until(&mut beats, "the end of its run", |beat| {
        beat.runs.is_empty()
    })
    .await;
    assert!(idle.draining);
    assert!(!bench.is_taken(waiting).await, "nobody took it");

    bench.wish("worker.w1", DrainAction::Undrain, None).await;
    bench.succeeded(waiting).await;
    working.leave().await;
}

// W-11
#[tokio::test]
async fn a_drain_from_before_the_worker_started_counts_and_ends_by_itself() {
    let mut bench = Bench::new().await;
    bench.options.beat_every = Duration::from_millis(100);
    let mut beats = bench.beats().await;
    // Long enough for a worker to come up.
    let soon = SystemClock.now() + TimeDelta::seconds(5);
    bench.wish("fleet", DrainAction::Drain, Some(soon)).await;
    let run = bench.submit(quick()).await;
    let working = bench.work();
    let drained = until(&mut beats, "a drain", |beat| beat.draining).await;
    assert_eq!(drained.drain.and_then(|drain| drain.until), Some(soon));
    bench.succeeded(run).await;
    assert!(SystemClock.now() >= soon, "not before the drain's end");
    working.leave().await;
}

// W-11
#[tokio::test]
async fn a_drained_pool_is_left_out_and_the_others_are_served() {
    let mut bench = Bench::new().await;
    bench.options.pools = ["default".parse().unwrap(), "gpu".parse().unwrap()].into();
    bench.wish("pool.gpu", DrainAction::Drain, None).await;
    let mut in_gpu = quick();
    in_gpu["pool"] = json!("gpu");
    let left_out = bench.submit(in_gpu).await;
    let working = bench.work();
    let served = bench.submit(quick()).await;
    bench.succeeded(served).await;
    assert!(!bench.is_taken(left_out).await);
    bench.wish("pool.gpu", DrainAction::Undrain, None).await;
    bench.succeeded(left_out).await;
    working.leave().await;
}

// W-11
#[tokio::test]
async fn a_worker_that_is_to_leave_when_drained_leaves() {
    let mut bench = Bench::new().await;
    bench.options.when_drained = WhenDrained::Leave;
    let run = bench.submit(quick()).await;
    let mut working = bench.work();
    bench.succeeded(run).await;
    bench.wish("pool.default", DrainAction::Drain, None).await;
    working.ended().await.unwrap();
}

// H-09
#[tokio::test]
async fn a_paused_pool_holds_its_runs_until_it_is_resumed() {
    let mut bench = Bench::new().await;
    bench.options.control.pause_deadline = Duration::from_millis(200);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let worker = bench.work();
    let run = bench.submit(waits_for(&file)).await;
    bench
        .story(run, |story| {
            story.has(|event| matches!(event, Event::AgentStarted { .. }))
        })
        .await;
    let pause = Some(DrainedRuns::Pause);
    let drain = DrainAction::Drain;
    bench.wish_with("pool.other", drain, None, pause).await;
    bench.wish_with("pool.default", drain, None, pause).await;
    let paused = |cause| move |event: &Event| matches!(event, Event::Paused { how, .. } if how.cause == Some(cause));
    bench
        .story(run, |story| story.has(paused(PauseCause::Scope)))
        .await;
    std::fs::write(&file, "").unwrap();
    bench.wish("pool.default", DrainAction::Undrain, None).await;
    bench.succeeded(run).await;
    worker.leave().await;
}
