//! Settings from outside: what the binary says of values from flags and variables.

use std::process::{Command, Output};

use serde_json::Value;

type Words<'a> = &'a [&'a str];
type Variables<'a> = &'a [(&'a str, &'a str)];

fn baton(arguments: Words, variables: Variables) -> Output {
    let ours = std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("BATON_")));
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    for (name, _) in ours {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .expect("the binary runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// One setting of the first role shown.
fn setting(output: &Output, variable: &str) -> Value {
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let settings = shown[0]["settings"].as_array().expect("settings");
    let found = settings.iter().find(|one| one["variable"] == variable);
    found.unwrap_or_else(|| panic!("no {variable}")).clone()
}

// W-07
#[test]
fn a_bad_value_is_refused_by_flag_variable_and_range() {
    let refused: [(Words, Variables, Words); 8] = [
        (
            &["worker"],
            &[("BATON_WORKER_SLOTS", "300")],
            &["--slots", "BATON_WORKER_SLOTS", "environment", "1 to 256"],
        ),
        (
            &["worker", "--slots", "0"],
            &[],
            &["--slots", "BATON_WORKER_SLOTS", "1 to 256"],
        ),
        (
            &["supervisor"],
            &[("BATON_SUPERVISOR_LEASE_SECONDS", "soon")],
            &[
                "--lease-seconds",
                "BATON_SUPERVISOR_LEASE_SECONDS",
                "seconds, 4 to 3600",
            ],
        ),
        (
            &["worker"],
            &[("BATON_NATS_URL", "ftp://hunter2@h")],
            &["--nats-url", "BATON_NATS_URL", "nats://127.0.0.1:4222"],
        ),
        (
            &["runs", "list"],
            &[("BATON_API_URL", "localhost:7700")],
            &["--api-url", "BATON_API_URL", "http://127.0.0.1:7700"],
        ),
        (
            &["worker", "--pass-env", "API_KEY=hunter2"],
            &[],
            &["--pass-env", "BATON_WORKER_PASS_ENV", "name alone"],
        ),
        (
            &["dev"],
            &[("BATON_WORKER_CODEX_CONFIG", "hunter2")],
            &["--codex-config", "BATON_WORKER_CODEX_CONFIG", "key=value"],
        ),
        (
            &["recorder"],
            &[
                ("BATON_DATABASE_URL", "postgres://u:hunter2@h/d"),
                ("BATON_DATABASE_URL_FILE", "/run/url"),
            ],
            &["BATON_DATABASE_URL", "BATON_DATABASE_URL_FILE"],
        ),
    ];
    for (arguments, variables, named) in refused {
        let output = baton(arguments, variables);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        for word in named {
            assert!(said.contains(word), "{word} is not in: {said}");
        }
        assert!(!said.contains("hunter2"), "{said}");
    }
}

// W-07
#[test]
fn the_settings_that_count_are_shown_with_their_source_and_without_secrets() {
    let variables = [
        ("BATON_DATABASE_URL", "postgres://baton:hunter2@db/baton"),
        ("BATON_NATS_URL", "nats://hunter2@broker:4222"),
        ("BATON_DATABASE_MAX_CONNECTIONS", "3"),
    ];
    let flags = [
        "config",
        "show",
        "supervisor",
        "--json",
        "--",
        "--lease-seconds",
        "9",
    ];
    let output = baton(&flags, &variables);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("hunter2"));
    let expected = [
        (
            "BATON_DATABASE_URL",
            "postgres://baton:****@db/baton",
            "environment",
        ),
        ("BATON_NATS_URL", "nats://****@broker:4222", "environment"),
        ("BATON_DATABASE_MAX_CONNECTIONS", "3", "environment"),
        ("BATON_SUPERVISOR_LEASE_SECONDS", "9", "flag"),
        ("BATON_LOG_FORMAT", "text", "default"),
    ];
    for (variable, value, source) in expected {
        let shown = setting(&output, variable);
        assert_eq!(shown["value"], value, "{shown}");
        assert_eq!(shown["source"], source, "{shown}");
    }
    let table = baton(&["config", "show", "supervisor"], &variables);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(table.contains("BATON_SUPERVISOR_LEASE_SECONDS"), "{table}");
    assert!(!table.contains("hunter2"), "{table}");
}

// W-07
#[test]
fn a_variable_that_no_setting_has_is_told() {
    let output = baton(&["config", "show"], &[("BATON_WORKER_SLOT", "3")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        said(&output).contains("BATON_WORKER_SLOT"),
        "{}",
        said(&output)
    );
    let roles = baton(&["config", "show", "--json"], &[]);
    let roles: Value = serde_json::from_slice(&roles.stdout).expect("JSON");
    let names: Vec<&str> = roles
        .as_array()
        .expect("roles")
        .iter()
        .filter_map(|role| role["role"].as_str())
        .collect();
    assert_eq!(names, ["api", "worker", "recorder", "supervisor", "dev"]);
}

#[test]
fn a_bad_value_is_shown_by_the_same_words_as_the_role_would() {
    let output = baton(
        &["config", "show", "worker"],
        &[("BATON_WORKER_SLOTS", "0")],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("BATON_WORKER_SLOTS"),
        "{}",
        said(&output)
    );
}
