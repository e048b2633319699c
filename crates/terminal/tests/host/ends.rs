//! Ending an agent and all that it has started.

use std::time::{Duration, Instant};

use baton_domain::EndStep;
use baton_terminal::{Exit, attach};

use crate::bench::{Bench, Heard, end, hear, is_alive, pid_in, wait_until};

fn begun(heard: &Heard) -> bool {
    heard.stdout.contains("begun")
}

// W-12
#[tokio::test]
async fn an_agent_that_is_asked_ends_at_once() {
    let bench =
        Bench::new("trap 'echo asked; exit 0' INT; echo begun; while :; do sleep 0.01; done");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    hear(&mut hosted, &mut heard, begun).await;
    hosted.remote().ask_to_end();
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Code(0));
    assert!(heard.stdout.contains("asked"));
    // By its host's clock: whoever follows it may be late.
    let asked = heard.printed_at;
    assert!(*heard.at.last().unwrap() - asked < Duration::from_secs(2));
    assert_eq!(heard.steps, [EndStep::Gone]);
}

// W-12
#[tokio::test]
async fn an_agent_that_listens_to_nothing_is_killed() {
    let bench = Bench::new("trap '' INT TERM; echo begun; while :; do sleep 1; done");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    hear(&mut hosted, &mut heard, begun).await;
    let began = Instant::now();
    hosted.remote().end();
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Signal(9));
    assert!(began.elapsed() >= Duration::from_secs(5));
    let steps = [EndStep::Terminated, EndStep::Killed, EndStep::Gone];
    assert_eq!(heard.steps, steps);
}

/// A grandchild that leaves session, group, parent and environment behind.
const DAEMON: &str = "(setsid env -i sh -c 'echo $$ > daemon; exec sleep 300' >/dev/null 2>&1 &)";

async fn daemon_of(bench: &Bench, hosted: &mut baton_terminal::Hosted, heard: &mut Heard) -> i32 {
    hear(hosted, heard, begun).await;
    let daemon = pid_in(&bench.folder.path().join("daemon")).await;
    assert!(is_alive(daemon));
    daemon
}

// W-12
#[tokio::test]
async fn a_daemon_that_has_left_everything_is_ended_too() {
    let script = format!("{DAEMON}; echo begun; sleep 300");
    for bench in [Bench::new(&script), Bench::new(&script).without_cgroup()] {
        let mut hosted = bench.launch().await;
        let mut heard = Heard::default();
        let daemon = daemon_of(&bench, &mut hosted, &mut heard).await;
        hosted.remote().end();
        end(&mut hosted, &mut heard).await.unwrap();
        assert!(!is_alive(daemon));
        assert_eq!(heard.steps, [EndStep::Terminated, EndStep::Gone]);
    }
}

// W-12
#[tokio::test]
async fn what_an_agent_leaves_running_ends_with_it() {
    let script = format!("{DAEMON}; echo begun; until [ -s daemon ]; do sleep 0.01; done");
    let bench = Bench::new(&script).without_cgroup();
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Code(0));
    let daemon = pid_in(&bench.folder.path().join("daemon")).await;
    assert!(!is_alive(daemon));
}

// W-11
#[tokio::test]
async fn an_agent_that_nobody_looks_after_is_ended_with_its_host() {
    let mut bench = Bench::new("echo begun; while :; do sleep 0.02; echo on; done");
    // Long enough for whoever is to look after it to come.
    bench.order.orphan_after_ms = 2_000;
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    hear(&mut hosted, &mut heard, begun).await;
    // While it is looked after, it lives on.
    let (agent, host) = (heard.started.as_ref().unwrap().pid, hosted.status().host);
    let long_enough = Duration::from_millis(2_500);
    hear(&mut hosted, &mut heard, |heard| {
        heard.at.last() >= Some(&long_enough)
    })
    .await;
    drop(hosted);
    wait_until(|| !is_alive(agent) && !is_alive(host)).await;
    let mut hosted = attach(&bench.host()).await.unwrap();
    assert!(!hosted.is_alive());
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Signal(15));
}
