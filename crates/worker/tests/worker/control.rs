//! Runs that operators hold, and what overlaps with that.

use std::{path::Path, time::Duration};

use baton_domain::{Attempt, PauseMethod, PauseMode, RunId, run::PauseKind};
use baton_wire::{ControlCommand, Event, event::PausedHow};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::bench::{Bench, Story, marked, read, wait_until};

/// A command that never comes to a checkpoint: it counts into a file as fast as it can, and ends when
/// it finds `stop` in the folder.
fn busy(folder: &Path) -> Value {
    let script = format!(
        "echo begun; i=0; until [ -e {0}/stop ]; do i=$((i+1)); echo $i > {0}/count; done; echo end",
        folder.display()
    );
    json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } })
}

pub(crate) fn begun(story: &Story) -> bool {
    story.output().contains("begun")
}

pub(crate) fn pause(mode: PauseMode) -> ControlCommand {
    ControlCommand::Pause {
        mode,
        deadline_seconds: Some(1),
        resume_after_seconds: None,
        note: Some("let me look".to_owned()),
    }
}

pub(crate) const fn resume() -> ControlCommand {
    ControlCommand::Resume { note: None }
}

pub(crate) fn is_paused(story: &Story) -> bool {
    pauses(story) > resumes(story)
}

pub(crate) fn pauses(story: &Story) -> usize {
    count(story, |event| matches!(event, Event::Paused { .. }))
}

pub(crate) fn resumes(story: &Story) -> usize {
    count(story, |event| matches!(event, Event::Resumed(_)))
}

fn count(story: &Story, wanted: impl Fn(&Event) -> bool) -> usize {
    story
        .events()
        .into_iter()
        .filter(|event| wanted(event))
        .count()
}

/// How it stood still at last.
pub(crate) fn how(story: &Story) -> (PauseKind, PausedHow) {
    let found = story
        .events()
        .into_iter()
        .rev()
        .find_map(|event| match event {
            Event::Paused { kind, how } => Some((*kind, how.clone())),
            _ => None,
        });
    found.expect("it was paused")
}

/// What was refused, in words.
fn refusals(story: &Story) -> Vec<String> {
    let refused = story.events().into_iter().filter_map(|event| match event {
        Event::ControlDelivered(delivered) => delivered.refused.clone(),
        _ => None,
    });
    refused.collect()
}

/// What all processes of a run have used of processors, in clock ticks.
fn ticks(run: RunId) -> u64 {
    let wanted = format!("BATON_RUN_ID={run}");
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let ours = entries.filter(|entry| {
        std::fs::read(entry.path().join("environ"))
            .is_ok_and(|bytes| bytes.split(|b| *b == 0).any(|e| e == wanted.as_bytes()))
    });
    let used = ours.filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    });
    used.sum()
}

// H-09 B-03
#[tokio::test]
async fn an_agent_that_never_checkpoints_is_stopped_by_force_and_uses_no_processor() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(busy(folder.path())).await;
    bench.story(run, begun).await;
    bench.command(run, pause(PauseMode::Soft)).await;
    let story = bench.story(run, is_paused).await;
    let (kind, how) = how(&story);
    assert_eq!((kind, how.escalated), (PauseKind::Frozen, true));
    assert!(matches!(
        how.method,
        Some(PauseMethod::Cgroup | PauseMethod::Signal)
    ));
    let count = folder.path().join("count");
    let (before, counted) = (ticks(run), read(&count));
    // The worker's beats say it too; two of them are a while.
    let mut beats = std::pin::pin!(bench.bus.beats().await.unwrap());
    for _ in 0..2 {
        let beat = beats.next().await.unwrap();
        assert!(beat.runs[0].held.is_some(), "{beat:?}");
    }
    assert_eq!((ticks(run), read(&count)), (before, counted));
    bench.command(run, resume()).await;
    bench.story(run, |story| resumes(story) == 1).await;
    std::fs::write(folder.path().join("stop"), "").unwrap();
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    assert!(!story.has(|event| matches!(event, Event::AgentFrozen { .. })));
    worker.leave().await;
}

// H-09
#[tokio::test]
async fn a_run_that_is_paused_while_queued_begins_when_it_is_resumed() {
    let bench = Bench::new().await;
    let run = bench
        .submit(json!({ "type": "command", "task": { "argv": ["true"] } }))
        .await;
    bench.command(run, pause(PauseMode::Soft)).await;
    let worker = bench.work();
    let story = bench.story(run, is_paused).await;
    let (_, how) = how(&story);
    assert_eq!(
        (how.method, how.before.as_deref()),
        (Some(PauseMethod::Stage), Some("prepare"))
    );
    assert_eq!(story.kinds(), ["control_delivered", "paused"]);
    bench.command(run, resume()).await;
    bench.command(run, resume()).await;
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    let refused = refusals(&story);
    // The run may have ended before the second one came.
    assert!(
        refused
            .iter()
            .all(|why| why.contains("nothing holds the run") || why.contains("ending"))
    );
    worker.leave().await;
}

// H-05 H-09
#[tokio::test]
async fn a_cancel_ends_a_paused_run_with_all_its_processes() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(busy(folder.path())).await;
    bench.story(run, begun).await;
    bench.command(run, pause(PauseMode::Hard)).await;
    let story = bench.story(run, is_paused).await;
    assert!(!how(&story).1.escalated);
    bench.cancel(run).await;
    let story = bench.end(run).await;
    assert_eq!(story.last(), Some(&Event::Cancelled));
    assert_eq!(resumes(&story), 1);
    assert_eq!(marked(run), 0);
    worker.leave().await;
}

// B-09 H-09
#[tokio::test]
async fn a_worker_that_is_started_again_leaves_a_paused_run_paused() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(busy(folder.path())).await;
    bench.story(run, begun).await;
    bench.command(run, pause(PauseMode::Hard)).await;
    bench.story(run, is_paused).await;
    let count = folder.path().join("count");
    let counted = read(&count);
    worker.crash().await;
    let worker = bench.work();
    let adopted = |story: &Story| story.has(|event| matches!(event, Event::Adopted { .. }));
    bench.story(run, adopted).await;
    let mut beats = std::pin::pin!(bench.bus.beats().await.unwrap());
    while beats.next().await.unwrap().runs[0].held.is_none() {}
    assert_eq!(read(&count), counted);
    bench.command(run, resume()).await;
    let story = bench.story(run, |story| resumes(story) == 1).await;
    assert_eq!(pauses(&story), 1, "{story:#?}");
    wait_until(|| read(&count) != counted).await;
    std::fs::write(folder.path().join("stop"), "").unwrap();
    let story = bench.end(run).await;
    assert_eq!(story.output().matches("begun").count(), 1, "the same agent");
    story.assert_in_order();
    worker.leave().await;
}

// H-09 W-11
#[tokio::test]
async fn the_next_attempt_of_a_paused_run_begins_nothing() {
    let mut bench = Bench::new().await;
    bench.options.check_leases_every = Duration::from_millis(50);
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let request = busy(folder.path());
    let run = bench.submit(request.clone()).await;
    bench.story(run, begun).await;
    bench.command(run, pause(PauseMode::Hard)).await;
    let story = bench.story(run, is_paused).await;
    let (lease, _) = story.leases[0];
    let lost = bench.lose(run, Attempt::FIRST, lease).await;
    wait_until(|| marked(run) == 0).await;
    bench.offer(run, 2, lost, &request).await;
    let story = bench.story(run, |story| pauses(story) == 2).await;
    let (_, how) = how(&story);
    assert_eq!(how.before.as_deref(), Some("prepare"));
    assert_eq!(marked(run), 0);
    bench.cancel(run).await;
    bench.end(run).await;
    worker.leave().await;
}

// H-09
#[tokio::test]
async fn a_pause_with_a_time_ends_by_itself() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(busy(folder.path())).await;
    bench.story(run, begun).await;
    let timed = ControlCommand::Pause {
        mode: PauseMode::Hard,
        deadline_seconds: None,
        resume_after_seconds: Some(1),
        note: None,
    };
    bench.command(run, timed).await;
    let story = bench.story(run, |story| resumes(story) == 1).await;
    assert_eq!(how(&story).1.resumes_in_ms, Some(1000));
    std::fs::write(folder.path().join("stop"), "").unwrap();
    bench.end(run).await;
    worker.leave().await;
}

// H-09
#[tokio::test]
async fn a_stage_that_a_person_lets_begin_waits_for_the_answer() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let request = json!({
        "type": "command",
        "control": { "pauseBefore": ["execute"] },
        "task": { "argv": ["true"] },
    });
    let run = bench.submit(request).await;
    let story = bench.story(run, is_paused).await;
    let help = story.events().into_iter().find_map(|event| match event {
        Event::OperatorNeeded(needed) => Some(needed.help),
        _ => None,
    });
    let answer = |help, answer: &str| ControlCommand::AnswerHelp {
        help,
        answer: answer.to_owned(),
        note: None,
    };
    bench.command(run, answer(help.unwrap(), "perhaps")).await;
    bench.command(run, answer(help.unwrap(), "go")).await;
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    assert!(refusals(&story)[0].contains("'perhaps' is none of its answers"));
    worker.leave().await;
}
