//! Runs of type `codex_exec`, with the real Codex CLI and a scripted model.

use std::path::{Path, PathBuf};

use baton_testkit::{
    Fault, ModelEndpoint, Script, Turn,
    codex::{self, CodexHome},
    git::SampleRepository,
};
use baton_wire::Event;
use baton_worker::{CodexLogin, CodexSandbox, Ending, WorkerError};
use serde_json::json;

use crate::{
    agents::{branch, commands, failure, go_wrong, is_good, program, task},
    bench::{Bench, Story},
};

const CODEX: &str = "codex_exec";

async fn bench(home: &CodexHome) -> Bench {
    let mut bench = Bench::new().await;
    bench.options.run_types = ["codex_exec".parse().unwrap()].into();
    bench.options.codex.program = codex::program();
    bench.options.codex.login = CodexLogin::Home(home.path().to_owned());
    bench
}

/// The worker's settings of Codex for a scripted model.
pub(crate) fn overrides(endpoint: &ModelEndpoint) -> Vec<String> {
    let words = codex::overrides(&endpoint.url());
    words.into_iter().filter(|word| word != "-c").collect()
}

/// Tokens read and turns, each time that they were counted.
pub(crate) fn usage(story: &Story) -> Vec<(u64, Option<u64>)> {
    let usage = story.events().into_iter().filter_map(|event| match event {
        Event::Usage {
            input_tokens,
            turns,
            ..
        } => Some((*input_tokens, *turns)),
        _ => None,
    });
    usage.collect()
}

// W-04 W-10
#[tokio::test]
async fn codex_does_a_run_and_its_work_is_a_patch_and_a_branch() {
    let patch =
        "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: b.txt\n+hello\n*** End Patch\nEOF";
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec(
            "printf made > made.txt; cat made.txt; echo note > $BATON_ARTIFACTS_DIR/note.txt",
        )
        .saying("I make a file."),
        Turn::exec(patch),
        Turn::exec("exit 3"),
        Turn::say("all done"),
    ]))
    .await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let mut bench = bench(&home).await;
    bench.options.codex.config = overrides(&endpoint);
    bench.options.codex.sandbox = CodexSandbox::Bypass;
    let worker = bench.work();
    let run = bench
        .submit(task(
            CODEX,
            &repository,
            json!({ "model": "scripted-model" }),
        ))
        .await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    story.assert_in_order();
    assert_eq!(
        story.last(),
        Some(&Event::Succeeded {
            summary: "all done".to_owned()
        })
    );

    assert_eq!(commands(&story), [(Some(0), "made"), (Some(3), "")]);
    assert!(
        story
            .has(|event| matches!(event, Event::FilesChanged { paths, .. } if paths == &["b.txt"]))
    );
    // Every answer of the model is counted as it comes.
    let counted = (1..=4).map(|turn| (100, Some(turn)));
    assert_eq!(usage(&story), counted.collect::<Vec<_>>());
    let branch = branch(&story);
    assert_eq!(repository.file(&branch, "made.txt").unwrap(), "made");
    assert_eq!(repository.file(&branch, "b.txt").unwrap(), "hello");
    assert_eq!(repository.subjects(&branch)[0], "make the file");
    let kept = bench.sink.kept();
    let names: Vec<&str> = kept
        .keys()
        .map(|name| name.split_once("/1/").unwrap().1)
        .collect();
    assert_eq!(
        names,
        [
            "logs/agent.log",
            "logs/codex.jsonl",
            "logs/codex.stderr.log",
            "note.txt",
            "patches/changes.patch",
            "recording/agent.cast"
        ]
    );
    let log = bench.sink.text(&format!("{run}/1/logs/agent.log")).unwrap();
    assert!(log.contains("I make a file.\n"), "{log}");
    assert!(log.contains("\nmade\n[exit 0]\n"), "{log}");
    assert_eq!(story.output(), log);
    let recording = bench.sink.text(&format!("{run}/1/recording/agent.cast"));
    let recording = recording.unwrap();
    assert!(recording.contains("I make a file."), "{recording}");
    assert!(!recording.contains("item.completed"), "{recording}");
    let words = endpoint.wait_for_request(4).await.words();
    assert!(words.contains("make the file\n\nand say so"), "{words}");
    assert!(
        !bench
            .workspace(run, 1)
            .join("home/.codex/auth.json")
            .exists()
    );
    worker.leave().await;
}

#[tokio::test]
async fn codex_works_in_its_own_sandbox() {
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("echo in > in.txt; echo out > $HOME/out.txt; echo a > $BATON_ARTIFACTS_DIR/a"),
        Turn::say("done"),
    ]))
    .await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let mut bench = bench(&home).await;
    // Below the system's temporary folder, everything could be written.
    let state = tempfile::tempdir_in("/var/tmp").unwrap();
    bench.options.state_dir = state.path().join("w1");
    bench.options.codex.config = overrides(&endpoint);
    bench.options.codex.sandbox = CodexSandbox::WorkspaceWrite;
    let worker = bench.work();
    let run = bench.submit(task(CODEX, &repository, json!({}))).await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    let workspace = bench.workspace(run, 1);
    assert!(workspace.join("repo/in.txt").exists());
    assert!(workspace.join("artifacts/a").exists());
    assert!(!workspace.join("home/out.txt").exists());
    worker.leave().await;
}

// W-04
#[tokio::test]
async fn model_and_effort_are_the_tasks_then_the_workers_then_codexs_own() {
    let endpoint = ModelEndpoint::start(Script::new([Turn::say("done")])).await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let seen = |n: usize| {
        let body = endpoint.requests()[n].body.clone();
        let effort = body["reasoning"]["effort"].clone();
        (body["model"].as_str().unwrap().to_owned(), effort)
    };
    let own = {
        let mut bench = bench(&home).await;
        bench.options.codex.config = overrides(&endpoint);
        bench
            .options
            .codex
            .config
            .push("model=\"own-model\"".to_owned());
        let worker = bench.work();
        bench
            .end(bench.submit(task(CODEX, &repository, json!({}))).await)
            .await;
        worker.leave().await;
        seen(0)
    };
    assert_eq!(own.0, "own-model");
    let mut bench = bench(&home).await;
    bench.options.codex.config = overrides(&endpoint);
    bench.options.codex.model = Some(baton_domain::spec::ModelName::parse("gpt-5").unwrap());
    bench.options.codex.effort = Some("low".parse().unwrap());
    let worker = bench.work();
    let workers = bench
        .end(bench.submit(task(CODEX, &repository, json!({}))).await)
        .await;
    assert!(is_good(&workers), "{workers:#?}");
    assert_eq!(seen(1), ("gpt-5".to_owned(), json!("low")));
    let wishes = json!({ "model": "gpt-5-codex", "effort": "high" });
    let tasks = bench
        .end(bench.submit(task(CODEX, &repository, wishes)).await)
        .await;
    assert!(is_good(&tasks), "{tasks:#?}");
    assert_eq!(seen(2), ("gpt-5-codex".to_owned(), json!("high")));
    assert!(tasks.has(|event| matches!(event, Event::AgentStarted { model: Some(model), .. } if model == "gpt-5-codex")));
    worker.leave().await;
}

#[tokio::test]
async fn a_cancelled_run_ends_codex_and_what_it_runs() {
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("touch begun; sleep 300"),
        Turn::say("never"),
    ]))
    .await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let mut bench = bench(&home).await;
    bench.options.codex.config = overrides(&endpoint);
    let worker = bench.work();
    let run = bench.submit(task(CODEX, &repository, json!({}))).await;
    let started = |story: &Story| story.has(|event| matches!(event, Event::CommandStarted { .. }));
    bench.story(run, started).await;
    bench.cancel(run).await;
    let story = bench.end(run).await;
    assert_eq!(story.last(), Some(&Event::Cancelled));
    assert_eq!(repository.branches(), ["main"]);
    worker.leave().await;
}

/// A program in place of Codex that answers `--version` and `login status` and then does as told.
fn pretender(folder: &Path, exec: &str) -> PathBuf {
    let script = format!(
        "case \"$1\" in exec) cat > /dev/null; {exec};; sandbox) echo bwrap: no namespaces; exit 1;; *) echo fine;; esac"
    );
    program(folder, "codex", &script)
}

const SENSE: &str = r#"echo '{"type":"thread.started","thread_id":"x"}'"#;

// W-06
#[tokio::test]
async fn a_codex_that_goes_wrong_fails_the_run_with_a_reason() {
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let mut bench = bench(&home).await;
    bench.options.slots = 1.try_into().unwrap();
    let gave_up = r#"echo '{"type":"turn.failed","error":{"message":"no quota"}}'; exit 1"#;
    let own = (gave_up, "agent_failed", "no quota");
    let request = task(CODEX, &repository, json!({}));
    go_wrong(
        &mut bench,
        &request,
        (SENSE, own),
        |options, folder, exec| {
            options.codex.program = pretender(folder, exec);
        },
    )
    .await;
}

#[tokio::test]
async fn a_model_that_refuses_fails_the_run() {
    let refusal = Turn::say("never").failing(Fault::status(401).always());
    let endpoint = ModelEndpoint::start(Script::new([refusal])).await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let mut bench = bench(&home).await;
    bench.options.codex.config = overrides(&endpoint);
    let request = task(CODEX, &repository, json!({}));
    let (code, message) = failure(&bench, request).await;
    assert_eq!(code, "agent_failed");
    assert!(message.contains("401"), "{message}");
}

// W-08
#[tokio::test]
async fn a_worker_without_a_working_codex_does_not_start() {
    let home = CodexHome::logged_out();
    let mut bench = bench(&home).await;
    let refused = |error: Result<Ending, WorkerError>| error.unwrap_err().to_string();
    let words = refused(bench.work().ended().await);
    assert!(words.contains("codex is not logged in"), "{words}");
    assert!(words.contains(home.path().to_str().unwrap()), "{words}");
    bench.options.codex.program = PathBuf::from("/nowhere/codex");
    let words = refused(bench.work().ended().await);
    assert!(words.contains("install the Codex CLI"), "{words}");
    let folder = tempfile::tempdir().unwrap();
    bench.options.codex.program = pretender(folder.path(), "true");
    bench.options.codex.sandbox = CodexSandbox::WorkspaceWrite;
    let words = refused(bench.work().ended().await);
    assert!(words.contains("bwrap: no namespaces"), "{words}");
    bench.options.run_types = ["command".parse().unwrap()].into();
    bench.options.git.program = PathBuf::from("/nowhere/git");
    let words = refused(bench.work().ended().await);
    assert!(words.contains("install git"), "{words}");
}

// W-08
#[tokio::test]
async fn a_codex_that_vanishes_or_is_logged_out_while_the_worker_runs_fails_the_run() {
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let mut bench = bench(&home).await;
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("codex");
    std::os::unix::fs::symlink(codex::program(), &link).unwrap();
    bench.options.codex.program = link.clone();
    let worker = bench.work();
    bench.ready().await;
    std::fs::remove_file(home.path().join("auth.json")).unwrap();
    let run = bench.submit(task(CODEX, &repository, json!({}))).await;
    let (code, message) = bench.end(run).await.failure();
    assert_eq!(code, "agent_not_logged_in", "{message}");
    std::fs::remove_file(link).unwrap();
    let run = bench.submit(task(CODEX, &repository, json!({}))).await;
    let (code, message) = bench.end(run).await.failure();
    assert_eq!(code, "agent_missing", "{message}");
    worker.leave().await;
}

#[tokio::test]
async fn a_run_can_be_logged_in_with_a_key_alone() {
    let endpoint = ModelEndpoint::start(Script::new([Turn::say("done")])).await;
    let (home, repository) = (CodexHome::logged_out(), SampleRepository::new());
    let mut bench = bench(&home).await;
    bench.options.codex.config = overrides(&endpoint);
    bench.options.codex.login = CodexLogin::ApiKey(codex::API_KEY.to_owned());
    let worker = bench.work();
    let run = bench.submit(task(CODEX, &repository, json!({}))).await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    assert!(
        !bench
            .workspace(run, 1)
            .join("home/.codex/auth.json")
            .exists()
    );
    worker.leave().await;
}

#[tokio::test]
async fn a_codex_that_is_killed_fails_the_run() {
    let kill = Turn::exec("kill -9 $PPID");
    let endpoint = ModelEndpoint::start(Script::new([kill, Turn::say("never")])).await;
    let (home, repository) = (CodexHome::logged_in(), SampleRepository::new());
    let mut bench = bench(&home).await;
    bench.options.codex.config = overrides(&endpoint);
    let request = task(CODEX, &repository, json!({}));
    let (code, message) = failure(&bench, request).await;
    assert_eq!(code, "agent_killed", "{message}");
}
