//! `baton dev`: everything on one machine, one link, nothing left behind, state kept.

use baton_testkit::{Process, ProcessOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stack::{Client, binary, id};

fn dev(state: &TempDir) -> ProcessOptions {
    ProcessOptions::new("dev", binary())
        .args(["dev", "--port", "0", "--state"])
        .args([state.path()])
}

/// Waits for the link and returns a caller of it.
async fn ready(dev: &mut Process) -> Client {
    let line = dev.wait_for_line("Baton is ready: ").await;
    let (_, link) = line.split_once("ready: ").expect("a link");
    Client::anonymous(link.trim().trim_end_matches('/'))
}

// H-16
#[tokio::test(flavor = "multi_thread")]
async fn one_command_starts_everything_and_leaves_nothing_but_its_state() {
    let state = TempDir::new().expect("a state folder");
    let mut dev = Process::start(dev(&state));
    let client = ready(&mut dev).await;
    let page = client.text("/").await;
    assert!(
        page.contains("<div id=\"app\">"),
        "the dashboard is there: {page}"
    );
    let run = client
        .submit(&json!({"type": "command", "task": {"argv": ["echo", "hello"]}}))
        .await;
    let run = id(&run);
    assert_eq!(client.ended(&run).await["state"], "succeeded");

    // Fails when a process is left.
    let status = dev.stop().await;
    assert!(status.success(), "{}", dev.log());

    dev.start_again();
    let client = ready(&mut dev).await;
    let kept = client.get(&format!("/api/task-runs/{run}")).await;
    assert_eq!(kept["state"], "succeeded");
    let log = client
        .text(&format!("/api/task-runs/{run}/artifacts/1/logs/agent.log"))
        .await;
    assert_eq!(log, "hello\n");
    // It goes on where it stopped.
    let next = client
        .submit(&json!({"type": "command", "task": {"argv": ["echo", "again"]}}))
        .await;
    assert_eq!(client.ended(&id(&next)).await["state"], "succeeded");
    assert!(dev.stop().await.success());
}

// W-08
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_is_missing_and_how_to_get_it() {
    let empty = TempDir::new().expect("an empty folder");
    let options = ProcessOptions::new("doctor", binary())
        .args(["doctor", "--json"])
        .env("PATH", empty.path())
        .env("HOME", empty.path())
        .env("BATON_NATS_SERVER_BIN", empty.path().join("nats-server"));
    let mut doctor = Process::start(options);
    let status = doctor.wait().await;
    let said = doctor.log();
    assert_eq!(status.code(), Some(1), "{said}");
    let report: Value = serde_json::from_str(&said).expect("JSON");
    let finding = |name: &str| {
        let findings = report["findings"].as_array().expect("findings");
        findings
            .iter()
            .find(|finding| finding["name"] == name)
            .cloned()
            .expect("a finding")
    };
    assert_eq!(report["healthy"], false);
    assert!(
        finding("nats-server")["fix"]
            .as_str()
            .expect("a fix")
            .contains("scripts/bootstrap"),
        "{said}"
    );
    assert!(
        finding("codex")["fix"]
            .as_str()
            .expect("a fix")
            .contains("npm install"),
        "{said}"
    );
}
