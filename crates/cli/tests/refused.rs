//! Command lines about running agents that cannot be meant, and an API that is not there: the
//! message names what is wrong and what to do, the exit code says which kind of mistake it is.

#![cfg(test)]

use std::process::{Command, Output};

use futures::future::join_all;

const RUN: &str = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31";

fn baton(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    let words = line
        .split(' ')
        .map(|word| if word == "RUN" { RUN } else { word });
    command
        .args(words)
        .env_remove("BATON_TOKEN")
        .env_remove("BATON_TOKEN_FILE");
    command.env("NO_PROXY", "*").env_remove("BATON_API_URL");
    command
}

fn told(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Command lines, and what their refusal says.
const WRONG: &[(&str, &[&str])] = &[
    (
        "runs pause 42",
        &["'42' for '<RUN>'", "one looks like 0", "`baton runs list`"],
    ),
    (
        "inbox answer 123 yes",
        &["<REQUEST>", "one looks like 0", "`baton inbox list`"],
    ),
    ("runs pause", &["<RUN>"]),
    (
        "runs pause RUN --deadline 30",
        &["--deadline", "such as 90s or 30m", "24h"],
    ),
    ("runs pause RUN --deadline 2d", &["--deadline", "24h"]),
    (
        "runs pause RUN --resume-after 8d",
        &["--resume-after", "7d"],
    ),
    (
        "runs pause RUN --hard --deadline 5s",
        &["--hard", "--deadline"],
    ),
    (
        "runs takeover RUN --expires-after 5s",
        &["--expires-after", "from 1m to 24h"],
    ),
    ("runs hand-back RUN", &["--summary"]),
    (
        "runs hand-back RUN --summary a --summary-file b",
        &["--summary-file"],
    ),
    ("runs message RUN", &["<TEXT>"]),
    ("runs messages RUN --cancel 7", &["--cancel"]),
    ("runs messages RUN --limit 0", &["1..=200"]),
    ("runs raise-budget RUN euros=5", &["KIND=LIMIT", "turns"]),
    ("runs raise-budget RUN turns=0", &["turns", "from 1 to"]),
    (
        "inbox --kind quest",
        &["--kind", "question", "permission", "stall"],
    ),
    ("inbox --state shut", &["--state", "open", "any"]),
    ("inbox --run 7", &["--run"]),
    ("inbox answer 7 yes", &["<REQUEST>"]),
    (
        "inbox answer 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33",
        &["<ANSWER>"],
    ),
    ("sessions grant RUN", &["--reason"]),
    (
        "sessions grant RUN --reason x --minutes 241",
        &["--minutes", "1..=240"],
    ),
    (
        "sessions grant RUN --reason x --terminal agnet",
        &["--terminal", "agent", "shell"],
    ),
    (
        "sessions grant RUN --reason x --channel ssh",
        &["--channel", "web", "tmate"],
    ),
    (
        "sessions enable RUN --provider zoom",
        &["--provider", "web", "tmate"],
    ),
    (
        "sessions enable RUN --minutes 0",
        &["--minutes", "1..=1440"],
    ),
    ("sessions revoke 7", &["<RUN>"]),
    ("attach", &["<RUN>"]),
    ("attach RUN --write", &["--reason"]),
    ("attach RUN --minutes 5", &["--write"]),
    (
        "attach RUN --terminal main",
        &["--terminal", "agent", "shell"],
    ),
    ("attach RUN --detach-key x", &["--detach-key"]),
    (
        "runs list --state asleep",
        &["--state", "queued", "dead_lettered"],
    ),
    (
        "runs submit --pause-before prepare -- true",
        &["--pause-before", "execute", "publish"],
    ),
    (
        "runs submit --budget turns -- true",
        &["--budget", "KIND=LIMIT"],
    ),
    ("keys rotate", &["<FILE>"]),
    ("keys rotate f --keep 17", &["--keep", "1..=16"]),
];

// W-07
#[test]
fn what_cannot_be_meant_is_refused_with_what_can_be() {
    for (line, words) in WRONG {
        let output = baton(line).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{line}: {output:?}");
        let told = told(&output);
        for word in *words {
            assert!(told.contains(word), "{line}: no {word} in {told}");
        }
    }
}

// W-07
#[tokio::test]
async fn an_api_that_is_not_there_is_named_with_what_starts_it() {
    let lines = [
        "runs pause RUN --wait",
        "runs resume RUN",
        "runs takeover RUN",
        "runs hand-back RUN --summary done",
        "runs message RUN hello",
        "runs messages RUN",
        "runs raise-budget RUN turns=80",
        "inbox",
        "inbox watch",
        "inbox answer 0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33 yes",
        "sessions enable RUN",
        "sessions show RUN",
        "sessions grant RUN --reason x",
        "sessions renew RUN",
        "sessions release RUN",
        "sessions revoke-write RUN",
        "sessions revoke RUN",
        "keys reseal",
        "attach RUN --plain",
    ];
    // Nobody serves HTTP there.
    let url = "http://127.0.0.1:1";
    let ended = lines.map(|line| {
        let mut command = tokio::process::Command::from(baton(line));
        let output = command.env("BATON_API_URL", url).output();
        async move { (line, output.await.expect("it runs")) }
    });
    for (line, output) in join_all(ended).await {
        assert_eq!(output.status.code(), Some(5), "{line}: {output:?}");
        let told = told(&output);
        assert!(
            told.contains(url) && told.contains("baton dev"),
            "{line}: {told}"
        );
    }
}

#[test]
fn shells_complete_the_commands_and_their_words() {
    for shell in ["bash", "zsh", "fish"] {
        let output = baton(&format!("completions {shell}"))
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{shell}");
        let script = String::from_utf8(output.stdout).expect("text");
        let commands = [
            "takeover",
            "hand-back",
            "raise-budget",
            "revoke-write",
            "reseal",
        ];
        // The words of --kind, --state, --terminal, --channel and --pause-before.
        let words = ["retries_used_up", "timed_out", "shell", "tmate", "execute"];
        for word in commands.iter().chain(&words) {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
