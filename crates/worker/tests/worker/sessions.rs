//! Live sessions: from the wish to the end, and what becomes of them when something else ends.

use std::{path::Path, time::Duration};

use baton_domain::{Provider, RunId, SessionStatus};
use baton_wire::{ControlCommand, Event};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::bench::{Bench, Story};

/// A command that says `begun`, and ends when it finds `stop` in the folder.
fn waiting(folder: &Path) -> Value {
    let script = format!(
        "echo begun; until [ -e {0}/stop ]; do sleep 0.02; done; echo end",
        folder.display()
    );
    json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } })
}

fn stop(folder: &Path) {
    std::fs::write(folder.join("stop"), "").unwrap();
}

fn has_begun(story: &Story) -> bool {
    story.output().contains("begun")
}

/// What was said of sessions, as kind and generation, with the code of an end.
fn said(story: &Story) -> Vec<String> {
    let events = story.events().into_iter().filter_map(|event| {
        let value = serde_json::to_value(event).unwrap();
        let kind = value["type"].as_str()?.strip_prefix("session_")?.to_owned();
        let code = value["code"].as_str().map(|code| format!(" {code}"));
        let generation = &value["generation"];
        Some(format!("{kind} {generation}{}", code.unwrap_or_default()))
    });
    events.collect()
}

fn is_ready(story: &Story) -> bool {
    story.has(|event| matches!(event, Event::SessionReady(_)))
}

impl Bench {
    async fn enable(&self, run: RunId, provider: Provider, ttl_seconds: Option<u64>) {
        let command = ControlCommand::EnableSession {
            provider,
            ttl_seconds,
            note: None,
        };
        self.command(run, command).await;
    }

    /// Waits until a beat says so of the run's session.
    async fn beats_say(&self, run: RunId, wanted: SessionStatus) {
        let mut beats = self.bus.beats().await.unwrap();
        let found = timeout(Duration::from_secs(60), async {
            while let Some(beat) = beats.next().await {
                let mut held = beat.runs.iter().filter(|held| held.run == run);
                if held.any(|held| held.session == Some(wanted)) {
                    return;
                }
            }
        });
        found.await.expect("a beat in time");
    }

    fn quick_beats(mut self) -> Self {
        self.options.beat_every = Duration::from_millis(50);
        self
    }
}

// H-08
#[tokio::test]
async fn a_session_starts_is_ready_and_ends_with_its_run() {
    let bench = Bench::new().await.quick_beats();
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(waiting(folder.path())).await;
    bench.story(run, has_begun).await;
    bench.enable(run, Provider::Web, Some(3600)).await;
    let story = bench.story(run, is_ready).await;
    let Some(Event::SessionReady(ready)) = story.last() else {
        panic!("{story:#?}");
    };
    assert_eq!(ready.hostname, bench.options.hostname);
    assert_eq!(ready.provider, Provider::Web);
    bench.beats_say(run, SessionStatus::Ready).await;
    // There is one already.
    bench.enable(run, Provider::Web, None).await;
    stop(folder.path());
    let story = bench.end(run).await;
    assert_eq!(said(&story), ["starting 1", "ready 1", "ended 1 finished"]);
    assert!(matches!(story.last(), Some(Event::Succeeded { .. })));
    story.assert_in_order();
    worker.leave().await;
}

// H-08 H-12
#[tokio::test]
async fn an_operator_and_a_time_limit_end_a_session_and_the_run_goes_on() {
    let bench = Bench::new().await.quick_beats();
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(waiting(folder.path())).await;
    bench.story(run, has_begun).await;
    bench.enable(run, Provider::Web, None).await;
    bench.story(run, is_ready).await;
    let revoke = ControlCommand::RevokeSession { note: None };
    bench.command(run, revoke).await;
    bench.beats_say(run, SessionStatus::Revoked).await;
    bench.enable(run, Provider::Web, Some(1)).await;
    let expired = |story: &Story| said(story).contains(&"revoked 2 expired".to_owned());
    let story = bench.story(run, expired).await;
    assert!(!story.has(|event| matches!(event, Event::AgentExited { .. })));
    stop(folder.path());
    let story = bench.end(run).await;
    let expected = [
        "starting 1",
        "ready 1",
        "revoked 1 operator",
        "starting 2",
        "ready 2",
        "revoked 2 expired",
    ];
    assert_eq!(said(&story), expected);
    assert!(matches!(story.last(), Some(Event::Succeeded { .. })));
    worker.leave().await;
}

// H-13
#[tokio::test]
async fn a_session_that_fails_does_not_fail_its_run() {
    let mut bench = Bench::new().await.quick_beats();
    bench.options.session.most = 0;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(waiting(folder.path())).await;
    bench.story(run, has_begun).await;
    bench.enable(run, Provider::Web, None).await;
    bench.beats_say(run, SessionStatus::Error).await;
    stop(folder.path());
    let story = bench.end(run).await;
    assert_eq!(said(&story), ["starting 1", "failed 1 limit_reached"]);
    let told = story.has(|event| {
        matches!(event, Event::SessionFailed(over) if over.reason.contains("BATON_WORKER_MAX_SESSIONS"))
    });
    assert!(told, "{story:#?}");
    assert!(matches!(story.last(), Some(Event::Succeeded { .. })));
    worker.leave().await;
}

// H-08
#[tokio::test]
async fn a_worker_that_is_started_again_keeps_the_session() {
    let bench = Bench::new().await.quick_beats();
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(waiting(folder.path())).await;
    bench.story(run, has_begun).await;
    bench.enable(run, Provider::Web, Some(3600)).await;
    bench.story(run, is_ready).await;
    bench.beats_say(run, SessionStatus::Ready).await;
    worker.crash().await;
    let worker = bench.work();
    bench.beats_say(run, SessionStatus::Ready).await;
    stop(folder.path());
    let story = bench.end(run).await;
    assert_eq!(said(&story), ["starting 1", "ready 1", "ended 1 finished"]);
    worker.leave().await;
}

// H-08
#[tokio::test]
async fn a_run_submitted_with_a_session_has_one_from_its_start() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let mut request = waiting(folder.path());
    request["liveSession"] = json!({ "enabled": true, "provider": "web", "ttlMinutes": 5 });
    let run = bench.submit(request).await;
    bench.story(run, is_ready).await;
    stop(folder.path());
    let story = bench.end(run).await;
    assert_eq!(said(&story), ["starting 1", "ready 1", "ended 1 finished"]);
    let told = story.has(
        |event| matches!(event, Event::SessionStarting(said) if said.ttl_seconds == Some(300)),
    );
    assert!(told, "{story:#?}");
    worker.leave().await;
}

// H-08
#[tokio::test]
async fn a_cancelled_run_ends_its_session() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(waiting(folder.path())).await;
    bench.story(run, has_begun).await;
    bench.enable(run, Provider::Web, None).await;
    bench.story(run, is_ready).await;
    bench.cancel(run).await;
    let story = bench.end(run).await;
    assert_eq!(said(&story), ["starting 1", "ready 1", "ended 1 cancelled"]);
    assert!(matches!(story.last(), Some(Event::Cancelled)));
    worker.leave().await;
}
