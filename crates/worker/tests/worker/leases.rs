//! Who may do a run, and for how long.

use std::time::Duration;

use baton_domain::{Attempt, EndStep};
use baton_testkit::git::SampleRepository;
use baton_wire::{Event, LeaseStep};
use serde_json::{Value, json};

use crate::bench::{Bench, Story, connect, marked, wait_until};

fn sleeping() -> Value {
    json!({ "type": "command", "task": { "argv": ["sh", "-c", "trap '' HUP; sleep 300 & echo begun; wait"] } })
}

fn begun(story: &Story) -> bool {
    story.output().contains("begun")
}

#[tokio::test]
async fn a_cancelled_run_ends_its_command() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let run = bench.submit(sleeping()).await;
    bench.story(run, begun).await;
    // One that is about to be another program shows no mark for a moment.
    wait_until(|| marked(run) == 2).await;
    bench.cancel(run).await;
    let story = bench.end(run).await;
    assert_eq!(story.last(), Some(&Event::Cancelled));
    assert_eq!(marked(run), 0);
    let steps = [EndStep::Asked, EndStep::Terminated, EndStep::Gone];
    assert_eq!(story.cancel_steps(), steps);
    assert!(
        bench
            .sink
            .text(&format!("{run}/1/logs/agent.log"))
            .is_some()
    );
    worker.leave().await;
}

#[tokio::test]
async fn a_run_cancelled_before_it_is_taken_is_not_executed() {
    let bench = Bench::new().await;
    let run = bench.submit(sleeping()).await;
    bench.cancel(run).await;
    let worker = bench.work();
    let story = bench.end(run).await;
    assert_eq!(story.last(), Some(&Event::Cancelled));
    assert!(!story.has(|event| matches!(event, Event::AgentStarted { .. })));
    worker.leave().await;
}

#[tokio::test]
async fn an_offer_that_comes_too_late_takes_nothing() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let late = bench.submit(sleeping()).await;
    let story = bench.story(late, begun).await;
    worker.crash().await;
    let (lease, _) = story.leases[0];
    bench.lose(late, Attempt::FIRST, lease).await;
    // The same offer once more, with a lease position that is no longer true.
    let again = Attempt::new(2).unwrap().get().into();
    bench.offer(late, again, lease, &sleeping()).await;
    let worker = bench.work();
    let next = json!({ "type": "command", "task": { "argv": ["true"] } });
    let run = bench.submit(next).await;
    bench.end(run).await;
    worker.leave().await;
    let story = bench.story(late, |story| story.leases.len() == 2).await;
    assert_eq!(story.steps(), [LeaseStep::Taken, LeaseStep::Lost]);
}

// W-11
#[tokio::test]
async fn a_worker_that_lost_its_lease_ends_its_agent_and_pushes_nothing() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let repository = SampleRepository::new();
    let gate = bench.state.path().join("gate");
    let script = format!(
        "echo begun; echo more >> README.md; while [ ! -e {} ]; do sleep 0.05; done; echo on",
        gate.display()
    );
    let request = json!({
        "type": "command",
        "repository": repository.url(),
        "task": { "argv": ["sh", "-c", script], "publish": { "mode": "branch" } },
    });
    let run = bench.submit(request).await;
    let story = bench.story(run, begun).await;
    let (lease, _) = story.leases[0];
    bench.lose(run, Attempt::FIRST, lease).await;
    std::fs::write(gate, "").unwrap();
    worker.leave().await;
    assert_eq!(marked(run), 0);
    let story = bench.story(run, |story| story.leases.len() == 2).await;
    assert!(!story.has(Event::ends_attempt));
    assert_eq!(repository.branches(), ["main"]);
    assert_eq!(bench.sink.kept().len(), 0);
}

#[tokio::test]
async fn an_agent_that_says_nothing_ends_with_its_lease_too() {
    let mut bench = Bench::new().await;
    bench.options.check_leases_every = Duration::from_millis(50);
    let worker = bench.work();
    let run = bench.submit(sleeping()).await;
    let story = bench.story(run, begun).await;
    // One that is about to be another program shows no mark for a moment.
    wait_until(|| marked(run) == 2).await;
    let (lease, _) = story.leases[0];
    bench.lose(run, Attempt::FIRST, lease).await;
    wait_until(|| marked(run) == 0).await;
    worker.leave().await;
    let story = bench.story(run, |story| story.leases.len() == 2).await;
    assert!(!story.has(Event::ends_attempt));
}

// W-01
#[tokio::test]
async fn a_worker_that_leaves_hands_back_what_takes_too_long() {
    let mut bench = Bench::new().await;
    bench.options.drain_deadline = Duration::from_millis(100);
    let worker = bench.work();
    let run = bench.submit(sleeping()).await;
    bench.story(run, begun).await;
    worker.leave().await;
    let story = bench.story(run, |story| story.leases.len() == 2).await;
    assert_eq!(story.steps(), [LeaseStep::Taken, LeaseStep::Released]);
    assert_eq!(marked(run), 0);
    let mut hard = bench.work();
    let run = bench.submit(sleeping()).await;
    bench.story(run, begun).await;
    hard.hard.cancel();
    hard.ended().await.unwrap();
    let story = bench.story(run, |story| story.leases.len() == 2).await;
    assert_eq!(story.steps(), [LeaseStep::Taken, LeaseStep::Released]);
}

#[tokio::test]
async fn a_state_folder_has_one_worker() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let run = bench
        .submit(json!({ "type": "command", "task": { "argv": ["true"] } }))
        .await;
    bench.end(run).await;
    let error = bench.work().ended().await.unwrap_err();
    assert!(
        error.to_string().contains("in use by another worker"),
        "{error}"
    );
    worker.leave().await;
}

/// A git that hangs at one of its commands.
fn hanging_git(folder: &std::path::Path, command: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("git");
    let text = format!(
        "#!/bin/sh\nfor word; do [ \"$word\" = {command} ] && {{ touch {}/hangs; sleep 300; }}; done\nexec git \"$@\"\n",
        folder.display()
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

// W-12
#[tokio::test]
async fn a_run_can_be_cancelled_in_every_stage() {
    for command in ["clone", "push"] {
        let mut bench = Bench::new().await;
        let folder = tempfile::tempdir().unwrap();
        bench.options.git.program = hanging_git(folder.path(), command);
        let worker = bench.work();
        let repository = SampleRepository::new();
        let request = json!({
            "type": "command",
            "repository": repository.url(),
            "task": { "argv": ["touch", "new"], "publish": { "mode": "branch" } },
        });
        let run = bench.submit(request).await;
        wait_until(|| folder.path().join("hangs").exists()).await;
        bench.cancel(run).await;
        let story = bench.end(run).await;
        assert_eq!(story.last(), Some(&Event::Cancelled), "{command}");
        let steps = [EndStep::Asked, EndStep::Terminated, EndStep::Gone];
        assert_eq!(story.cancel_steps(), steps, "{command}");
        assert_eq!(marked(run), 0);
        assert_eq!(repository.branches(), ["main"]);
        worker.leave().await;
    }
}

#[tokio::test]
async fn a_git_that_hangs_fails_the_run() {
    let mut bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    bench.options.git.program = hanging_git(folder.path(), "clone");
    // Long enough for what does not hang.
    bench.options.git.timeout = Duration::from_secs(3);
    let worker = bench.work();
    let repository = SampleRepository::new();
    let request = json!({
        "type": "command",
        "repository": repository.url(),
        "task": { "argv": ["true"] },
    });
    let run = bench.submit(request).await;
    let (code, message) = bench.end(run).await.failure();
    assert_eq!(code, "checkout_failed");
    assert!(message.contains("git clone took longer"), "{message}");
    worker.leave().await;
}

#[tokio::test]
async fn two_workers_share_the_runs_and_none_is_done_twice() {
    let mut bench = Bench::new().await;
    bench.options.slots = 3.try_into().unwrap();
    let mut other = bench.options.clone();
    other.worker = "w2".parse().unwrap();
    other.state_dir = bench.state.path().join("w2");
    let bus = connect(&bench.broker.url()).await;
    let (one, two) = (bench.work(), bench.work_as(bus, other));
    let gate = bench.state.path().join("gate");
    let wait = format!("until [ -e {} ]; do sleep 0.02; done", gate.display());
    let mut runs = Vec::new();
    for n in 0..40 {
        let argv = ["sh", "-c", &format!("{wait}; echo {n}")].map(str::to_owned);
        let request = json!({ "type": "command", "task": { "argv": argv } });
        runs.push(bench.submit(request).await);
    }
    // More are under way than one of them can hold.
    bench.story(runs[3], |story| !story.leases.is_empty()).await;
    std::fs::write(gate, "").unwrap();
    let mut holders = std::collections::BTreeSet::new();
    for (n, run) in runs.into_iter().enumerate() {
        let story = bench.end(run).await;
        assert_eq!(story.steps(), [LeaseStep::Taken]);
        story.assert_in_order();
        assert_eq!(story.output(), format!("{n}\n"));
        holders.insert(story.leases[0].1.worker.clone());
    }
    assert_eq!(holders.len(), 2);
    one.leave().await;
    two.leave().await;
}
