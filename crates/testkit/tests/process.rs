//! Programs as processes of a test.

#![cfg(test)]

use std::{future::ready, path::Path};

use axum::{Router, routing::get};
use baton_testkit::{Process, ProcessOptions};
use tokio::{net::TcpListener, task::JoinSet};

fn shell(script: &str) -> ProcessOptions {
    ProcessOptions::new("shell", "/bin/sh").args(["-c", script])
}

fn exists(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

#[tokio::test]
async fn a_process_is_seen_by_its_lines_and_stops_in_order() {
    let script = r#"trap 'echo bye; exit 7' TERM; echo "hello $WHOM"; while :; do read _; done"#;
    let mut process = Process::start(shell(script).env("WHOM", "world"));
    assert_eq!(process.wait_for_line("hello").await, "hello world");
    let status = process.stop().await;
    assert_eq!(status.code(), Some(7));
    assert!(process.log().ends_with("bye\n"));
}

#[tokio::test]
async fn a_killed_process_can_be_started_again_and_its_log_goes_on() {
    let mut process = Process::start(shell("echo \"I am $$\"; exec sleep 600"));
    let first = process.wait_for_line("I am").await;
    process.kill9().await;
    assert_eq!(process.pid(), None);
    process.start_again();
    let second = process.wait_for_line("I am").await;
    assert_ne!(second, first);
    assert!(process.log().starts_with(&first));
    process.stop().await;
}

#[tokio::test]
#[should_panic(expected = "shell left behind")]
async fn what_a_stopped_process_leaves_behind_fails_the_test() {
    let mut process = Process::start(shell("setsid sh -c 'echo up; exec sleep 600' & wait"));
    process.wait_for_line("up").await;
    process.stop().await;
}

#[tokio::test]
async fn dropping_a_process_ends_all_that_it_has_started() {
    let mut process = Process::start(shell("setsid sleep 600 & echo \"child $!\"; wait"));
    let line = process.wait_for_line("child").await;
    let child: u32 = line.split_once(' ').unwrap().1.parse().unwrap();
    assert!(exists(child));
    drop(process);
    // Killed, and perhaps still waiting for somebody to ask how it ended.
    let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
    assert!(
        stat.is_empty() || stat.contains(") Z") || stat.contains(") X"),
        "{stat}"
    );
}

#[tokio::test]
#[should_panic(expected = "shell ended without printing \"ready\"")]
async fn waiting_for_a_process_that_has_ended_fails_the_test() {
    let mut process = Process::start(shell("echo no; exit 1"));
    process.wait_for_line("ready").await;
}

#[tokio::test]
async fn a_process_is_ready_when_its_page_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async {
        let page = Router::new().route("/health", get(|| ready("fine")));
        axum::serve(listener, page).await.unwrap();
    });
    let mut process = Process::start(shell("exec sleep 600"));
    process.wait_for_ok(&url).await;
}
