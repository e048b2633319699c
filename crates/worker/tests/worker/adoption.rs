//! A worker that is started again in the state folder of one that crashed goes on where that one
//! was.

use std::{path::Path, time::Duration};

use baton_domain::Attempt;
use baton_testkit::git::SampleRepository;
use baton_wire::{Event, LeaseStep};
use baton_worker::OnStop;
use nix::{sys::signal::Signal, unistd::Pid};
use serde_json::{Value, json};

use crate::bench::{Bench, Story, marked, read, wait_until};

/// A command that says its process id, counts, and ends when it finds `stop` in the folder.
fn counting(folder: &Path) -> Value {
    let script = format!(
        "echo pid $$; i=0; until [ -e {0}/stop ]; do i=$((i+1)); echo $i; sleep 0.02; done; echo end",
        folder.display()
    );
    json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } })
}

fn counted_to(n: u32) -> impl Fn(&Story) -> bool {
    let line = format!("\n{n}\n");
    move |story| story.output().contains(&line)
}

fn last_number(story: &Story) -> u32 {
    let output = story.output();
    let mut numbers = output.lines().rev().filter_map(|line| line.parse().ok());
    numbers.next().unwrap_or(0)
}

/// The whole log of the command above, which counted without a gap or a number twice.
fn assert_counted(log: &str) {
    let mut lines = log.lines();
    assert!(lines.next().unwrap().starts_with("pid "), "{log}");
    let lines: Vec<&str> = lines.collect();
    let (end, numbers) = lines.split_last().unwrap();
    assert_eq!(*end, "end");
    let expected: Vec<String> = (1..=numbers.len()).map(|n| n.to_string()).collect();
    assert_eq!(numbers, expected);
}

// B-09 W-11
#[tokio::test]
async fn an_agent_is_taken_up_again_and_its_log_has_no_gap() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let mut worker = bench.work();
    let run = bench.submit(counting(folder.path())).await;
    let mut seen = 0;
    for _ in 0..3 {
        let story = bench.story(run, counted_to(seen + 20)).await;
        seen = last_number(&story);
        worker.crash().await;
        worker = bench.work();
    }
    bench.story(run, counted_to(seen + 20)).await;
    std::fs::write(folder.path().join("stop"), "").unwrap();
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    story.assert_in_order();
    assert_eq!(story.steps(), [LeaseStep::Taken]);
    assert_counted(&story.output());
    let log = bench.sink.text(&format!("{run}/1/logs/agent.log"));
    assert_eq!(log, Some(story.output()));
    let kinds = [
        "stage_started",
        "stage_finished",
        "stage_started",
        "agent_started",
        "adopted",
        "adopted",
        "adopted",
        "agent_exited",
        "stage_finished",
        "stage_started",
        "artifact_stored",
        "artifact_stored",
        "stage_finished",
        "succeeded",
    ];
    assert_eq!(story.kinds(), kinds);
    worker.leave().await;
}

// B-09
#[tokio::test]
async fn an_agent_that_ended_meanwhile_has_its_end_told() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(counting(folder.path())).await;
    bench.story(run, counted_to(5)).await;
    worker.crash().await;
    std::fs::write(folder.path().join("stop"), "").unwrap();
    wait_until(|| marked(run) == 0).await;
    let worker = bench.work();
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    assert_counted(&story.output());
    assert!(!bench.workspace(run, 1).join("host").exists());
    worker.leave().await;
}

// W-11
#[tokio::test]
async fn a_lease_lost_meanwhile_ends_the_agent_and_nothing_is_said() {
    let mut bench = Bench::new().await;
    bench.options.check_leases_every = Duration::from_millis(50);
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(counting(folder.path())).await;
    let story = bench.story(run, counted_to(5)).await;
    worker.crash().await;
    let (lease, _) = story.leases[0];
    bench.lose(run, Attempt::FIRST, lease).await;
    let worker = bench.work();
    wait_until(|| marked(run) == 0).await;
    worker.leave().await;
    let story = bench.story(run, |story| story.leases.len() == 2).await;
    assert_eq!(story.steps(), [LeaseStep::Taken, LeaseStep::Lost]);
    assert!(!story.has(Event::ends_attempt));
    assert!(bench.sink.kept().is_empty());
}

/// The process that an attempt's agent lives in.
fn host_of(run: baton_domain::RunId) -> Pid {
    let wanted = format!("HOST_OF_BATON_RUN_ID={run}");
    let mut hosts = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| {
            std::fs::read(entry.path().join("environ"))
                .is_ok_and(|bytes| bytes.split(|b| *b == 0).any(|e| e == wanted.as_bytes()))
        });
    let name = hosts.next().expect("a host").file_name();
    Pid::from_raw(name.to_str().unwrap().parse().unwrap())
}

// W-11
#[tokio::test]
async fn an_agent_whose_host_died_is_ended_and_its_run_given_back() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let script = "trap '' TERM; echo begun; while :; do sleep 0.1; done";
    let request =
        json!({ "type": "command", "task": { "argv": ["setsid", "-w", "sh", "-c", script] } });
    let run = bench.submit(request).await;
    let begun = |story: &Story| story.output().contains("begun");
    bench.story(run, begun).await;
    worker.crash().await;
    nix::sys::signal::kill(host_of(run), Signal::SIGKILL).unwrap();
    assert!(marked(run) > 0);
    let worker = bench.work();
    let story = bench.story(run, |story| story.leases.len() == 2).await;
    assert_eq!(story.steps(), [LeaseStep::Taken, LeaseStep::Released]);
    assert_eq!(marked(run), 0);
    worker.leave().await;
}

// W-11
#[tokio::test]
async fn a_host_that_dies_fails_its_attempt() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let script = "trap '' TERM; echo begun; sleep 300";
    let run = bench
        .submit(json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } }))
        .await;
    bench
        .story(run, |story| story.output().contains("begun"))
        .await;
    nix::sys::signal::kill(host_of(run), Signal::SIGKILL).unwrap();
    let story = bench.end(run).await;
    let (code, message) = story.failure();
    assert_eq!(code, "agent_killed", "{message}");
    assert_eq!(marked(run), 0);
    worker.leave().await;
}

// B-09
#[tokio::test]
async fn a_worker_that_leaves_its_agents_ends_none() {
    let mut bench = Bench::new().await;
    bench.options.on_stop = OnStop::Leave;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(counting(folder.path())).await;
    bench.story(run, counted_to(5)).await;
    worker.leave().await;
    assert!(marked(run) > 0);
    bench.options.on_stop = OnStop::Finish;
    let worker = bench.work();
    std::fs::write(folder.path().join("stop"), "").unwrap();
    let story = bench.end(run).await;
    assert_eq!(story.steps(), [LeaseStep::Taken]);
    assert_counted(&story.output());
    worker.leave().await;
}

// B-09 W-08
#[tokio::test]
async fn a_worker_that_lacks_something_after_its_restart_finishes_what_it_took_up() {
    let mut bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let worker = bench.work();
    let run = bench.submit(counting(folder.path())).await;
    bench.story(run, counted_to(5)).await;
    worker.crash().await;
    bench.options.git.program = "/no/such/git".into();
    let mut worker = bench.work();
    bench.story(run, counted_to(20)).await;
    std::fs::write(folder.path().join("stop"), "").unwrap();
    let error = worker.ended().await.unwrap_err().to_string();
    assert!(error.contains("install git"), "{error}");
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    assert_counted(&story.output());
}

/// A git that waits at one of its commands for as long as the folder has a file `hang`.
fn waiting_git(folder: &Path, command: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("git");
    let text = format!(
        "#!/bin/sh\nfor word; do [ \"$word\" = {command} ] && [ -e {0}/hang ] && {{ touch {0}/hangs; sleep 300; }}; done\nexec git \"$@\"\n",
        folder.display()
    );
    std::fs::write(&path, text).unwrap();
    std::fs::write(folder.join("hang"), "").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

// B-09
#[tokio::test]
async fn an_attempt_goes_on_in_the_stage_where_it_was() {
    for command in ["clone", "push"] {
        let mut bench = Bench::new().await;
        let folder = tempfile::tempdir().unwrap();
        bench.options.git.program = waiting_git(folder.path(), command);
        let worker = bench.work();
        let repository = SampleRepository::new();
        let request = json!({
            "type": "command",
            "repository": repository.url(),
            "task": {
                "argv": ["sh", "-c", "echo once; echo new > new"],
                "publish": { "mode": "branch" },
            },
        });
        let run = bench.submit(request).await;
        wait_until(|| folder.path().join("hangs").exists()).await;
        worker.crash().await;
        std::fs::remove_file(folder.path().join("hang")).unwrap();
        let worker = bench.work();
        let story = bench.end(run).await;
        assert!(
            matches!(story.last(), Some(Event::Succeeded { .. })),
            "{story:#?}"
        );
        story.assert_in_order();
        assert_eq!(story.steps(), [LeaseStep::Taken], "{command}");
        assert_eq!(story.output(), "once\n");
        let mut kinds = story.kinds();
        kinds.retain(|kind| kind != "adopted");
        let expected = [
            "stage_started",
            "checked_out",
            "stage_finished",
            "stage_started",
            "agent_started",
            "agent_exited",
            "stage_finished",
            "stage_started",
            "patch_written",
            "artifact_stored",
            "artifact_stored",
            "artifact_stored",
            "branch_pushed",
            "stage_finished",
            "succeeded",
        ];
        assert_eq!(kinds, expected, "{command}");
        assert_eq!(repository.branches().len(), 2);
        let state = read(bench.workspace(run, 1).join("state.json"));
        assert!(state.contains("\"over\": true"));
        worker.leave().await;
    }
}
