//! Codex with its own screen, in a run's terminal.

use baton_testkit::{
    Fault, ModelEndpoint, Script, Turn, codex, codex::CodexHome, git::SampleRepository,
};
use baton_wire::Event;
use baton_worker::CodexLogin;
use serde_json::{Value, json};

use crate::{
    agents::{commands, failure},
    bench::{Bench, Story, marked},
    codex::{overrides, usage},
};

async fn bench(home: &CodexHome, endpoint: &ModelEndpoint) -> Bench {
    let mut bench = Bench::new().await;
    bench.options.run_types = ["codex_exec".parse().unwrap()].into();
    bench.options.codex.program = codex::program();
    bench.options.codex.login = CodexLogin::Home(home.path().to_owned());
    bench.options.codex.config = overrides(endpoint);
    bench
}

fn task(repository: &SampleRepository) -> Value {
    json!({
        "type": "codex_exec",
        "repository": repository.url(),
        "maxAttempts": 1,
        "task": {
            "instructions": "- make the file",
            "runtime": { "mode": "interactive" },
            "publish": { "mode": "branch" },
        },
    })
}

// W-04
#[tokio::test]
async fn codex_shows_its_own_screen_and_the_run_ends_with_its_turn() {
    let patch =
        "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: b.txt\n+hello\n*** End Patch\nEOF";
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("printf made > made.txt; cat made.txt").saying("I make a file."),
        Turn::exec(patch),
        Turn::exec("exit 3"),
        Turn::say("all done"),
    ]))
    .await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let bench = bench(&home, &endpoint).await;
    let worker = bench.work();
    let run = bench.submit(task(&repository)).await;
    let story = bench.end(run).await;
    let summary = "all done".to_owned();
    assert_eq!(
        story.last(),
        Some(&Event::Succeeded { summary }),
        "{story:#?}"
    );
    story.assert_in_order();
    assert!(story.has(|event| matches!(
        event,
        Event::AgentStarted { mode: Some(mode), capabilities: Some(can), .. }
            if mode == "interactive" && can.interactive
    )));
    assert_eq!(commands(&story), [(Some(0), "made"), (Some(3), "")]);
    assert!(
        story
            .has(|event| matches!(event, Event::FilesChanged { paths, .. } if paths == &["b.txt"]))
    );
    let counted = (1..=4).map(|turn| (100, Some(turn)));
    assert_eq!(usage(&story), counted.collect::<Vec<_>>());
    // The log tells in plain words what the screen shows.
    let log = bench.sink.text(&format!("{run}/1/logs/agent.log")).unwrap();
    assert!(log.contains("I make a file.\n"), "{log}");
    assert!(log.contains("\nmade\n[exit 0]\n"), "{log}");
    let recording = bench.sink.text(&format!("{run}/1/recording/agent.cast"));
    let recording = recording.unwrap();
    assert!(recording.contains("OpenAI Codex"), "{recording}");
    assert!(recording.contains("I make a file."), "{recording}");
    let words = endpoint.wait_for_request(1).await.words();
    assert!(words.contains("- make the file"), "{words}");
    assert_eq!(marked(run), 0);
    worker.leave().await;
}

#[tokio::test]
async fn a_cancelled_run_ends_the_screen_and_what_it_runs() {
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("touch begun; sleep 300"),
        Turn::say("never"),
    ]))
    .await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let bench = bench(&home, &endpoint).await;
    let worker = bench.work();
    let run = bench.submit(task(&repository)).await;
    let started = |story: &Story| story.has(|event| matches!(event, Event::CommandStarted { .. }));
    bench.story(run, started).await;
    bench.cancel(run).await;
    let story = bench.end(run).await;
    assert_eq!(story.last(), Some(&Event::Cancelled));
    assert_eq!(marked(run), 0);
    worker.leave().await;
}

#[tokio::test]
async fn a_model_that_refuses_fails_the_run_with_its_reason() {
    let refusal = Turn::say("never").failing(Fault::status(400).always());
    let endpoint = ModelEndpoint::start(Script::new([refusal])).await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let bench = bench(&home, &endpoint).await;
    let (code, message) = failure(&bench, task(&repository)).await;
    assert_eq!(code, "agent_failed", "{message}");
    assert!(message.contains("the script says so"), "{message}");
}

#[tokio::test]
async fn a_repository_with_settings_for_codex_is_not_opened_with_a_screen() {
    let endpoint = ModelEndpoint::start(Script::new([Turn::say("done")])).await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    repository.write(".codex/config.toml", "model = \"x\"\n");
    repository.commit("settings for codex");
    let bench = bench(&home, &endpoint).await;
    let (code, message) = failure(&bench, task(&repository)).await;
    assert_eq!(code, "agent_failed");
    assert!(message.contains(".codex"), "{message}");
    assert_eq!(endpoint.requests().len(), 0);
}
