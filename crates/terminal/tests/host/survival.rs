//! A host lives on when whoever started it is killed.

use std::process::{Command, Stdio};

use baton_terminal::{Exit, attach};

use crate::bench::{Bench, Heard, end, hear, is_alive, role, runtime, wait_until};

const SCRIPT: &str = "i=0; while [ ! -e stop ]; do i=$((i+1)); echo $i; sleep 0.01; done";
const FOLDER: &str = "BATON_TEST_FOLDER";

/// No test by itself: a parent that starts a host and is killed by the test below.
#[test]
fn parent_role() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    runtime().block_on(async {
        let mut bench = Bench::new(SCRIPT);
        bench.order.folder = folder.clone();
        let host = std::path::Path::new(&folder).join("host");
        let program = role("bench::host_role");
        let launched = baton_terminal::launch(&program, &host, &[], &bench.order).await;
        let mut hosted = launched.unwrap();
        let _ = hosted.follow(&mut Heard::default()).await;
    });
}

// B-09
#[tokio::test]
async fn an_agent_outlives_the_one_that_started_it_and_nothing_of_its_output_is_missing() {
    let bench = Bench::new(SCRIPT);
    let parent = role("survival::parent_role");
    let mut parent = Command::new(parent.program)
        .args(parent.arguments)
        .env(FOLDER, bench.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let journal = bench.host().join("journal");
    wait_until(|| std::fs::metadata(&journal).is_ok_and(|found| found.len() > 500)).await;
    parent.kill().unwrap();
    parent.wait().unwrap();
    let mut hosted = attach(&bench.host()).await.unwrap();
    assert!(hosted.is_alive());
    let mut heard = Heard::default();
    hear(&mut hosted, &mut heard, |heard| {
        heard.stdout.lines().count() > 20
    })
    .await;
    let agent = heard.started.clone().unwrap();
    assert!(is_alive(agent.pid));
    assert_eq!(hosted.status().agent, Some(agent.pid));
    assert_eq!(
        baton_terminal::start_ticks(agent.pid),
        Some(agent.start_ticks)
    );
    // Another takes over from where it likes.
    drop(hosted);
    let mut hosted = attach(&bench.host()).await.unwrap();
    std::fs::write(bench.folder.path().join("stop"), "").unwrap();
    let mut heard = Heard::default();
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Code(0));
    let counted: Vec<usize> = heard
        .stdout
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    assert!(counted.iter().copied().eq(1..=counted.len()), "{counted:?}");
}
