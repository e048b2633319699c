//! The built binary's exit codes, for ends that need no servers. Journeys are in `tests/`.

use std::process::{Command, Output};

/// Nobody listens here: the port is for discarding, and closed.
const NOBODY: &str = "http://127.0.0.1:9";

fn baton(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    // Settings of whoever runs the tests are not the tests'.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BATON_") {
            command.env_remove(name);
        }
    }
    command.env("NO_PROXY", "*");
    command.args(arguments).output().expect("the binary runs")
}

fn code_and_words(arguments: &[&str]) -> (Option<i32>, String) {
    let said = baton(arguments);
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    (said.status.code(), words)
}

#[test]
fn what_needs_nobody_succeeds() {
    for arguments in [
        &["version"][..],
        &["version", "--json"],
        &["openapi"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let said = baton(arguments);
        assert_eq!(said.status.code(), Some(0), "{arguments:?}");
        assert!(!said.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_wrong_command_line_is_2() {
    for arguments in [
        &[][..],
        &["fly"],
        &["runs", "show"],
        &["dev", "--port", "x"],
        &["runs", "list", "--api-url", "nowhere"],
    ] {
        assert_eq!(code_and_words(arguments).0, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_bad_setting_is_1_and_named() {
    let table = [
        (&["migrate"][..], "BATON_DATABASE_URL"),
        (
            &["migrate", "--database-url", "mysql://h/d"],
            "BATON_DATABASE_URL",
        ),
        (
            &["migrate", "--database-url-file", "/nonexistent/url"],
            "/nonexistent/url",
        ),
        (&["version", "--log", "=="], "BATON_LOG"),
        (
            &["runs", "submit", "--file", "/nonexistent/run.json"],
            "/nonexistent/run.json",
        ),
    ];
    for (arguments, named) in table {
        let (code, words) = code_and_words(arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {words}");
        assert!(words.contains(named), "{arguments:?}: {words}");
    }
}

#[test]
fn what_cannot_be_reached_is_5_and_named() {
    let (code, words) = code_and_words(&["runs", "list", "--api-url", NOBODY]);
    assert_eq!(code, Some(5), "{words}");
    assert!(
        words.contains("127.0.0.1:9") && words.contains("baton dev"),
        "{words}"
    );
    let (code, words) = code_and_words(&["nats", "verify", "--nats-url", "nats://127.0.0.1:9"]);
    assert_eq!(code, Some(5), "{words}");
    let database = "postgres://nobody:secret@127.0.0.1:9/none";
    let (code, words) = code_and_words(&["migrate", "--database-url", database]);
    assert_eq!(code, Some(5), "{words}");
    assert!(!words.contains("secret"), "{words}");
}

#[test]
fn a_doctor_that_misses_something_is_1_and_says_so_as_json_too() {
    let missing = [
        "doctor",
        "--json",
        "--nats-server-bin",
        "/nonexistent/nats-server",
    ];
    let said = baton(&missing);
    assert_eq!(said.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(report["healthy"], false);
    let findings = report["findings"].as_array().unwrap();
    let nats = findings
        .iter()
        .find(|found| found["name"] == "nats-server")
        .unwrap();
    assert_eq!(nats["standing"], "missing");
    assert!(nats["fix"].as_str().unwrap().contains("scripts/bootstrap"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let script = format!(
        "set -o pipefail; '{}' openapi | head -c 1",
        env!("CARGO_BIN_EXE_baton")
    );
    let said = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(said.status.code(), Some(0), "{said:?}");
}
