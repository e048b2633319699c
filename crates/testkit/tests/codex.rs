//! The real Codex CLI, driven by the scripted model.

#![cfg(test)]

use std::{path::Path, process::Stdio};

use baton_testkit::{
    Fault, ModelEndpoint, Process, ProcessOptions, Script, Turn, Usage,
    codex::{self, CodexHome},
};
use serde_json::Value;
use tokio::process::Command;

struct Said {
    success: bool,
    lines: Vec<Value>,
    errors: String,
}

impl Said {
    /// The completed items of one type.
    fn items(&self, kind: &str) -> Vec<&Value> {
        self.lines
            .iter()
            .filter(|line| line["type"] == "item.completed")
            .map(|line| &line["item"])
            .filter(|item| item["type"] == kind)
            .collect()
    }

    fn last(&self) -> &Value {
        self.lines.last().unwrap()
    }
}

async fn run(url: &str, home: &CodexHome, folder: &Path, words: &str) -> Said {
    let said = Command::new(codex::program())
        .args([
            "exec",
            "--json",
            "--dangerously-bypass-approvals-and-sandbox",
        ])
        .args(["--skip-git-repo-check", "-m", "scripted-model", "-C"])
        .arg(folder)
        .args(codex::overrides(url))
        // Fewer than by default, each of which waits twice as long as the one before.
        .args(["-c", "model_providers.scripted.stream_max_retries=2"])
        .arg(words)
        .env("CODEX_HOME", home.path())
        // Its commands run in a login shell, and what this machine's profile says is not theirs.
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    Said {
        success: said.status.success(),
        lines: text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect(),
        errors: String::from_utf8_lossy(&said.stderr).into_owned(),
    }
}

#[tokio::test]
async fn codex_does_what_the_script_says_and_the_endpoint_remembers_it() {
    let usage = Usage {
        input: 7,
        cached_input: 3,
        output: 2,
        reasoning_output: 1,
    };
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("printf made > made.txt; cat made.txt")
            .saying("I make a file.")
            .using(usage),
        Turn::exec("exit 3").using(usage),
        Turn::say("all done").using(usage),
    ]))
    .await;
    let folder = tempfile::tempdir().unwrap();
    let home = CodexHome::logged_in();
    let said = run(&endpoint.url(), &home, folder.path(), "make the file").await;

    assert!(said.success, "{}", said.errors);
    let made = std::fs::read_to_string(folder.path().join("made.txt")).unwrap();
    assert_eq!(made, "made");
    let commands = said.items("command_execution");
    assert_eq!(commands[0]["aggregated_output"], "made");
    assert_eq!(commands[0]["exit_code"], 0);
    assert_eq!(commands[1]["exit_code"], 3);
    let messages: Vec<_> = said
        .items("agent_message")
        .iter()
        .map(|m| m["text"].clone())
        .collect();
    assert_eq!(messages, ["I make a file.", "all done"]);
    assert_eq!(said.last()["type"], "turn.completed");
    assert_eq!(said.last()["usage"]["input_tokens"], 21);

    let last = endpoint.wait_for_request(3).await;
    assert_eq!(endpoint.requests().len(), 3);
    assert!(last.words().contains("make the file"));
    assert!(last.outputs()[0].contains("made"));
    assert_eq!(last.body["model"], "scripted-model");
}

#[tokio::test]
async fn an_agent_repeats_what_failed_and_gets_the_same_turn() {
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("echo once >> log")
            .failing(Fault::status(500))
            .failing(Fault::cut()),
        Turn::say("done").failing(Fault::garbage("this is no event\n\n")),
    ]))
    .await;
    let folder = tempfile::tempdir().unwrap();
    let home = CodexHome::logged_in();
    let said = run(&endpoint.url(), &home, folder.path(), "do it").await;
    assert!(said.success, "{}", said.errors);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(log, "once\n");
    assert_eq!(endpoint.requests().len(), 5);
}

#[tokio::test]
async fn a_model_that_refuses_fails_the_agent() {
    let refusal = Turn::say("never").failing(Fault::status(401).always());
    let endpoint = ModelEndpoint::start(Script::new([refusal])).await;
    let folder = tempfile::tempdir().unwrap();
    let home = CodexHome::logged_in();
    let said = run(&endpoint.url(), &home, folder.path(), "do it").await;
    assert!(!said.success);
    assert_eq!(said.last()["type"], "turn.failed");
}

#[tokio::test]
async fn conversations_side_by_side_keep_their_own_place() {
    let script = Script::new([Turn::exec("echo plain"), Turn::say("plain")]).when(
        "special",
        [
            Turn::exec("echo special").held("special"),
            Turn::say("special"),
        ],
    );
    let endpoint = ModelEndpoint::start(script).await;
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (CodexHome::logged_in(), CodexHome::logged_in());
    let plain_first = async {
        let said = run(&endpoint.url(), &one, folder.path(), "as usual").await;
        endpoint.release("special");
        said
    };
    let url = endpoint.url();
    let special = run(&url, &other, folder.path(), "the special way");
    let (plain, special) = tokio::join!(plain_first, special);
    assert_eq!(plain.items("agent_message")[0]["text"], "plain");
    assert_eq!(special.items("agent_message")[0]["text"], "special");
}

#[tokio::test]
async fn the_endpoint_as_a_program_prints_its_address_and_serves_a_script_file() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script.json");
    let turns = r#"{"turns": [{"exec": "echo from-a-file"}, {"say": "done"}]}"#;
    std::fs::write(&script, turns).unwrap();
    let program = ProcessOptions::new("scripted-model", env!("CARGO_BIN_EXE_scripted-model"));
    let script = script.to_str().unwrap();
    let mut program = Process::start(program.args(["--script", script]));
    let url = program.wait_for_line("http://127.0.0.1:").await;
    let home = CodexHome::logged_in();
    let said = run(&url, &home, folder.path(), "do it").await;
    let output = &said.items("command_execution")[0]["aggregated_output"];
    assert_eq!(output, "from-a-file\n");
    assert!(program.stop().await.success());
}

#[tokio::test]
async fn a_home_can_carry_the_model_in_its_configuration() {
    let endpoint = ModelEndpoint::start(Script::new([Turn::say("configured")])).await;
    let home = CodexHome::logged_in();
    home.use_model(&endpoint.url());
    let folder = tempfile::tempdir().unwrap();
    let said = Command::new(codex::program())
        .args(["exec", "--json", "--skip-git-repo-check", "-C"])
        .arg(folder.path())
        .arg("do it")
        .env("CODEX_HOME", home.path())
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(said.status.success());
    assert_eq!(endpoint.requests().len(), 1);
}
