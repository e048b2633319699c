//! The command line: it is consistent, teaches, and becomes the request that its flags say.

use baton_wire::TaskRunRequest;
use clap::{CommandFactory, Parser};
use serde_json::{Value, json};

use super::*;

fn parse(line: &[&str]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once(&"baton").chain(line))
}

fn request(line: &[&str]) -> Value {
    let line = [&["runs", "submit"], line].concat();
    let Command::Runs(RunsCommand::Submit(args)) = parse(&line).unwrap().command else {
        panic!("{line:?} is no submission");
    };
    let file = args.request.instructions_file.is_some();
    let request: TaskRunRequest = args
        .request
        .into_request(file.then(|| "of the file".to_owned()));
    serde_json::to_value(request).unwrap()
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_of_every_command_is_as_reviewed() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut text = String::new();
    collect(&mut command, &mut text);
    insta::assert_snapshot!(text);
}

/// Without what the surroundings of the test put into variables, and global flags only once.
fn collect(command: &mut clap::Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or("baton").to_owned();
    let is_top = name == "baton";
    let help = command
        .clone()
        .mut_args(|arg| {
            let hidden = !is_top
                && (arg.is_global_set() || arg.get_id() == "help" || arg.get_id() == "version");
            arg.hide_env_values(true).hide(hidden)
        })
        .render_long_help()
        .to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    text.push_str(&format!("==== {name}\n{}\n\n", help.join("\n").trim_end()));
    for sub in command
        .get_subcommands_mut()
        .filter(|sub| sub.get_name() != "help")
    {
        collect(sub, text);
    }
}

#[test]
fn flags_become_the_request_that_they_say() {
    let table = [
        (
            "-r /srv/a.git -i do",
            json!({"repository": "/srv/a.git", "task": {"instructions": "do"}}),
        ),
        (
            "-r /srv/a.git --instructions-file x.md --model m --effort high --mode interactive --ref v1",
            json!({"repository": "/srv/a.git", "task": {
                "instructions": "of the file",
                "runtime": {"mode": "interactive", "model": "m", "effort": "high"},
                "git": {"startingBranch": "v1"},
            }}),
        ),
        (
            "-r /srv/a.git -i x --publish branch --branch b --commit-message c",
            json!({"repository": "/srv/a.git", "task": {
                "instructions": "x",
                "git": {"newBranch": "b"},
                "publish": {"mode": "branch", "commitMessage": "c"},
            }}),
        ),
        (
            "--title count -- wc -l --help",
            json!({"type": "command", "title": "count", "task": {"argv": ["wc", "-l", "--help"]}}),
        ),
        (
            "--pool p --require docker,gpu --require kvm --priority high --max-attempts 2 --timeout 60 \
             --retry-workspace keep --type command -- true",
            json!({
                "type": "command", "pool": "p", "requiredCapabilities": ["docker", "gpu", "kvm"],
                "priority": "high", "maxAttempts": 2, "timeoutSeconds": 60,
                "retry": {"workspace": "keep"}, "task": {"argv": ["true"]},
            }),
        ),
        (
            "--live --live-provider tmate --live-ttl 90 -- true",
            json!({
                "type": "command", "task": {"argv": ["true"]},
                "liveSession": {"enabled": true, "provider": "tmate", "ttlMinutes": 90},
            }),
        ),
        (
            "--pause-before execute,publish --budget turns=5 --budget wall-seconds=60 -- true",
            json!({
                "type": "command", "task": {"argv": ["true"]},
                "control": {
                    "pauseBefore": ["execute", "publish"],
                    "budgets": {"turns": 5, "wallSeconds": 60},
                },
            }),
        ),
        (
            "--no-live -- true",
            json!({"type": "command", "task": {"argv": ["true"]}, "liveSession": {"enabled": false}}),
        ),
    ];
    for (line, expected) in table {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(request(&words), expected, "{line}");
    }
}

// W-07
#[test]
fn what_cannot_be_meant_is_refused_by_the_name_of_its_flag() {
    let id = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31";
    let table: &[(&[&str], &str)] = &[
        (&["runs", "submit", "--file", "-", "-i", "x"], "--file"),
        (
            &["runs", "submit", "-i", "x", "--", "true"],
            "--instructions",
        ),
        (&["runs", "submit", "--branch", "b", "-i", "x"], "--publish"),
        (
            &["runs", "submit", "-i", "x", "--priority", "urgent"],
            "--priority",
        ),
        (
            &["runs", "submit", "-i", "x", "--max-attempts", "21"],
            "--max-attempts",
        ),
        (
            &["runs", "submit", "-i", "x", "--pool", "Big Pool"],
            "--pool",
        ),
        (&["runs", "submit", "-i", "x", "--live-ttl", "5"], "--live"),
        (
            &["runs", "submit", "-i", "x", "--live", "--live-ttl", "1441"],
            "1..=1440",
        ),
        (
            &["runs", "submit", "-i", "x", "--budget", "euros=5"],
            "KIND=LIMIT",
        ),
        (
            &["runs", "pause", id, "--hard", "--deadline", "5s"],
            "--hard",
        ),
        (&["runs", "hand-back", id], "--summary"),
        (&["runs", "message", id], "TEXT"),
        (&["runs", "raise-budget", id, "turns"], "KIND=LIMIT"),
        (&["inbox", "answer", "7", "allow"], "<REQUEST>"),
        (&["inbox", "--state", "shut"], "--state"),
        (&["runs", "show", "42"], "<RUN>"),
        (&["runs", "list", "--limit", "201"], "1..=200"),
        (&["runs", "list", "--state", "asleep"], "--state"),
        (&["runs", "artifacts", id, "--output", "x"], "--get"),
        (&["worker", "--slots", "0"], "--slots"),
        (&["worker", "--pool", "a_b"], "--pool"),
        (&["supervisor", "--lease-seconds", "1"], "4..=3600"),
        (&["api", "--listen", "7700"], "--listen"),
        (
            &["migrate", "--database-url", "a", "--database-url-file", "b"],
            "--database-url",
        ),
        (&["dev", "--port", "70000"], "--port"),
    ];
    for (line, named) in table {
        let error = parse(line).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{line:?}");
        assert!(error.to_string().contains(named), "{line:?}: {error}");
    }
}

#[test]
fn settings_of_codex_are_one_a_flag_or_one_a_line() {
    let line = [
        "worker",
        "--codex-config",
        "a=1",
        "--codex-config",
        "b={c=\"d,e\"}",
    ];
    let Command::Worker(args) = parse(&line).unwrap().command else {
        panic!("no worker");
    };
    assert_eq!(args.work.codex.codex_config, ["a=1", "b={c=\"d,e\"}"]);
}
