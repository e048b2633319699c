//! Runs of type `claude_code`, with the real Claude Code and a scripted model.

use std::path::{Path, PathBuf};

use baton_testkit::{
    Fault, ModelEndpoint, Script, Speech, Turn, Usage, claude, git::SampleRepository,
};
use baton_wire::Event;
use baton_worker::{ClaudeLogin, ClaudeSandbox, Ending, WorkerError};
use serde_json::json;

use crate::{
    agents::{branch, commands, failure, go_wrong, is_good, program, task},
    bench::{Bench, Story, marked, wait_until},
};

pub(crate) const CLAUDE: &str = "claude_code";

pub(crate) async fn bench(endpoint: &ModelEndpoint) -> Bench {
    let mut bench = Bench::new().await;
    bench.options.run_types = ["claude_code".parse().unwrap()].into();
    let claude = &mut bench.options.claude;
    claude.program = claude::program();
    claude.login = ClaudeLogin::ApiKey(claude::API_KEY.to_owned());
    claude.base_url = Some(endpoint.root_url());
    claude.sandbox = ClaudeSandbox::Bypass;
    // Each try waits twice as long as the one before.
    bench
        .options
        .environment
        .push(("CLAUDE_CODE_MAX_RETRIES".into(), "1".into()));
    bench.options.pass_environment = ["CLAUDE_CODE_MAX_RETRIES".to_owned()].into();
    bench
}

/// The tokens that were read, read from a cache, and written, as they add up.
pub(crate) fn usage(story: &Story) -> (u64, u64, u64) {
    let counts = story.events().into_iter().filter_map(|event| match event {
        Event::Usage {
            input_tokens,
            cached_input_tokens,
            output_tokens,
            ..
        } => Some((*input_tokens, *cached_input_tokens, *output_tokens)),
        _ => None,
    });
    counts.fold((0, 0, 0), |sum, count| {
        (sum.0 + count.0, sum.1 + count.1, sum.2 + count.2)
    })
}

/// What is kept of a run that leaves a note.
const KEPT: [&str; 6] = [
    "logs/agent.log",
    "logs/claude.jsonl",
    "logs/claude.stderr.log",
    "note.txt",
    "patches/changes.patch",
    "recording/agent.cast",
];

/// The names of what is kept of the only run.
fn kept(bench: &Bench) -> Vec<String> {
    let kept = bench.sink.kept();
    let names = kept.keys().map(|name| name.split_once("/1/").unwrap().1);
    names.map(str::to_owned).collect()
}

// W-04 W-10
#[tokio::test]
async fn claude_does_a_run_and_its_work_is_a_patch_and_a_branch() {
    let used = Usage {
        input: 1000,
        cached_input: 400,
        output: 200,
        reasoning_output: 0,
    };
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec(
            "printf made > made.txt; cat made.txt; echo key $ANTHROPIC_API_KEY > $BATON_ARTIFACTS_DIR/note.txt",
        )
        .saying("I make a file.")
        .using(used),
        Turn::write("b.txt", "hello").using(used),
        Turn::exec("exit 3").using(used),
        Turn::say("all done").using(used),
    ]))
    .await;
    let repository = SampleRepository::new();
    let bench = bench(&endpoint).await;
    let worker = bench.work();
    let run = bench
        .submit(task(
            CLAUDE,
            &repository,
            json!({ "model": "scripted-model", "effort": "low" }),
        ))
        .await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    story.assert_in_order();
    let done = Event::Succeeded {
        summary: "all done".to_owned(),
    };
    assert_eq!(story.last(), Some(&done));
    assert_eq!(commands(&story), [(Some(0), "made"), (Some(3), "")]);
    assert!(
        story
            .has(|event| matches!(event, Event::FilesChanged { paths, .. } if paths == &["b.txt"]))
    );
    let branch = branch(&story);
    assert_eq!(repository.file(&branch, "made.txt").unwrap(), "made");
    assert_eq!(repository.file(&branch, "b.txt").unwrap(), "hello");
    assert_eq!(usage(&story), (4000, 1600, 800));
    let last = |event: &Event| {
        matches!(
            event,
            Event::Usage {
                spent_cents: Some(_),
                turns: Some(4),
                ..
            }
        )
    };
    assert!(story.has(last), "{story:#?}");
    assert_eq!(kept(&bench), KEPT);
    let log = bench.sink.text(&format!("{run}/1/logs/agent.log")).unwrap();
    assert!(log.contains("I make a file.\n"), "{log}");
    assert!(log.contains("\nmade\n[exit 0]\n"), "{log}");
    assert_eq!(story.output(), log);
    // The key is for asking the model alone.
    let note = bench.sink.text(&format!("{run}/1/note.txt")).unwrap();
    assert_eq!(note, "key\n");

    let asked = endpoint.wait_for_request(4).await;
    assert_eq!(endpoint.requests().len(), 4);
    assert_eq!(asked.speech, Speech::Messages);
    assert!(asked.words().contains("make the file\n\nand say so"));
    assert_eq!(asked.body["model"], "scripted-model");
    assert_eq!(asked.body["output_config"]["effort"], "low");
    let key = bench.workspace(run, 1).join("home/.claude/api-key");
    assert!(key.parent().unwrap().exists() && !key.exists());
    worker.leave().await;
}

// W-04
#[tokio::test]
async fn model_and_effort_are_the_tasks_then_the_workers() {
    let endpoint = ModelEndpoint::start(Script::new([Turn::say("done")])).await;
    let repository = SampleRepository::new();
    let mut bench = bench(&endpoint).await;
    bench.options.claude.model = Some(baton_domain::spec::ModelName::parse("of-worker").unwrap());
    bench.options.claude.effort = Some("low".parse().unwrap());
    let worker = bench.work();
    for runtime in [json!({}), json!({ "model": "of-task", "effort": "high" })] {
        let story = bench
            .end(bench.submit(task(CLAUDE, &repository, runtime)).await)
            .await;
        assert!(is_good(&story), "{story:#?}");
    }
    let seen: Vec<_> = endpoint
        .requests()
        .iter()
        .map(|request| {
            let body = &request.body;
            (
                body["model"].clone(),
                body["output_config"]["effort"].clone(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (json!("of-worker"), json!("low")),
            (json!("of-task"), json!("high"))
        ]
    );
    worker.leave().await;
}

#[tokio::test]
async fn the_repositorys_words_are_heard_but_none_of_its_settings() {
    let endpoint = ModelEndpoint::start(Script::new([Turn::say("done")])).await;
    let repository = SampleRepository::new();
    let hook = json!([{ "hooks": [{ "type": "command", "command": "touch hooked" }] }]);
    let settings = json!({
        "disableAllHooks": true,
        "env": { "ANTHROPIC_MODEL": "of-repository" },
        "hooks": { "SessionStart": hook, "UserPromptSubmit": hook },
    });
    repository.write("CLAUDE.md", "Words of the repository.\n");
    repository.write(".claude/settings.json", &settings.to_string());
    repository.commit("Words and settings");
    let bench = bench(&endpoint).await;
    let worker = bench.work();
    let run = bench.submit(task(CLAUDE, &repository, json!({}))).await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    let asked = endpoint.wait_for_request(1).await;
    assert!(
        asked.words().contains("Words of the repository."),
        "{}",
        asked.words()
    );
    assert_ne!(asked.body["model"], "of-repository");
    assert!(!bench.workspace(run, 1).join("repo/hooked").exists());
    worker.leave().await;
}

#[tokio::test]
async fn a_cancelled_run_ends_claude_and_what_it_runs() {
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("touch begun; sleep 300"),
        Turn::say("never"),
    ]))
    .await;
    let repository = SampleRepository::new();
    let bench = bench(&endpoint).await;
    let worker = bench.work();
    let run = bench.submit(task(CLAUDE, &repository, json!({}))).await;
    let begun = bench.workspace(run, 1).join("repo/begun");
    wait_until(|| begun.exists()).await;
    bench.cancel(run).await;
    let story = bench.end(run).await;
    assert_eq!(story.last(), Some(&Event::Cancelled));
    assert_eq!(marked(run), 0);
    assert_eq!(repository.branches(), ["main"]);
    worker.leave().await;
}

/// A program in place of Claude Code that answers what it is asked before and then does as told.
fn pretender(folder: &Path, exec: &str) -> PathBuf {
    let script = format!(
        "case \"$1\" in -p) cat > /dev/null; {exec};; *) echo '{{\"loggedIn\": true}}';; esac"
    );
    program(folder, "claude", &script)
}

const SENSE: &str = r#"echo '{"type":"system","subtype":"status"}'"#;

// W-06
#[tokio::test]
async fn a_claude_that_goes_wrong_fails_the_run_with_a_reason() {
    let endpoint = ModelEndpoint::start(Script::default()).await;
    let repository = SampleRepository::new();
    let mut bench = bench(&endpoint).await;
    let gave_up = r#"echo '{"type":"result","subtype":"error_max_turns","is_error":true,"errors":["too many turns"]}'; exit 1"#;
    let own = (gave_up, "agent_failed", "too many turns");
    let request = task(CLAUDE, &repository, json!({}));
    go_wrong(
        &mut bench,
        &request,
        (SENSE, own),
        |options, folder, exec| {
            options.claude.program = pretender(folder, exec);
        },
    )
    .await;
}

#[tokio::test]
async fn a_model_that_does_not_answer_fails_the_run_with_its_words() {
    let repository = SampleRepository::new();
    let cases = [
        (Fault::status(401), "401"),
        (Fault::status(400), "the script says so"),
        (Fault::status(529), "529"),
        (Fault::garbage("this is no event\n\n"), "malformed"),
    ];
    for (fault, words) in cases {
        let refusal = Turn::say("never").failing(fault.always());
        let endpoint = ModelEndpoint::start(Script::new([refusal])).await;
        let bench = bench(&endpoint).await;
        let request = task(CLAUDE, &repository, json!({}));
        let (code, message) = failure(&bench, request).await;
        assert_eq!(code, "agent_failed");
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn a_model_that_stumbles_is_asked_again() {
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("echo once >> log").failing(Fault::status(500)),
        Turn::say("done"),
    ]))
    .await;
    let repository = SampleRepository::new();
    let bench = bench(&endpoint).await;
    let worker = bench.work();
    let story = bench
        .end(bench.submit(task(CLAUDE, &repository, json!({}))).await)
        .await;
    assert!(is_good(&story), "{story:#?}");
    assert_eq!(repository.file(&branch(&story), "log").unwrap(), "once");
    assert!(story.has(
        |event| matches!(event, Event::Warning { message } if message.contains("status 500"))
    ));
    worker.leave().await;
}

// W-08
#[tokio::test]
async fn a_worker_without_a_working_claude_does_not_start() {
    let endpoint = ModelEndpoint::start(Script::default()).await;
    let mut bench = bench(&endpoint).await;
    let refused = |error: Result<Ending, WorkerError>| error.unwrap_err().to_string();
    let home = tempfile::tempdir().unwrap();
    bench.options.claude.login = ClaudeLogin::Home(home.path().to_owned());
    let words = refused(bench.work().ended().await);
    assert!(words.contains("claude is not logged in"), "{words}");
    assert!(words.contains(home.path().to_str().unwrap()), "{words}");
    bench.options.claude.program = PathBuf::from("/nowhere/claude");
    let words = refused(bench.work().ended().await);
    assert!(words.contains("install Claude Code"), "{words}");
    // The sandbox's own programs are not on this path.
    bench.options.claude.program = claude::program();
    bench.options.claude.login = ClaudeLogin::ApiKey(claude::API_KEY.to_owned());
    bench.options.claude.sandbox = ClaudeSandbox::WorkspaceWrite;
    let path = tempfile::tempdir().unwrap();
    for name in ["git", "sh", "bash"] {
        std::os::unix::fs::symlink(format!("/usr/bin/{name}"), path.path().join(name)).unwrap();
    }
    bench.options.environment = vec![("PATH".into(), path.path().into())];
    let words = refused(bench.work().ended().await);
    assert!(words.contains("install bubblewrap and socat"), "{words}");
}

#[tokio::test]
async fn a_claude_that_vanishes_or_is_logged_out_while_the_worker_runs_fails_the_run() {
    let endpoint = ModelEndpoint::start(Script::default()).await;
    let repository = SampleRepository::new();
    let mut bench = bench(&endpoint).await;
    let folder = tempfile::tempdir().unwrap();
    bench.options.claude.program = pretender(folder.path(), "true");
    bench.options.claude.login = ClaudeLogin::Home(folder.path().join("home"));
    let request = task(CLAUDE, &repository, json!({}));
    let (code, message) = failure(&bench, request).await;
    assert_eq!(code, "agent_not_logged_in", "{message}");
    bench.options.claude.login = ClaudeLogin::ApiKey(claude::API_KEY.to_owned());
    let worker = bench.work();
    bench.ready().await;
    std::fs::remove_file(folder.path().join("claude")).unwrap();
    let run = bench.submit(task(CLAUDE, &repository, json!({}))).await;
    let (code, message) = bench.end(run).await.failure();
    assert_eq!(code, "agent_missing", "{message}");
    worker.leave().await;
}

#[tokio::test]
async fn a_claude_that_is_killed_fails_the_run() {
    let kill = Turn::exec("kill -9 $PPID");
    let endpoint = ModelEndpoint::start(Script::new([kill, Turn::say("never")])).await;
    let repository = SampleRepository::new();
    let bench = bench(&endpoint).await;
    let request = task(CLAUDE, &repository, json!({}));
    let (code, message) = failure(&bench, request).await;
    assert_eq!(code, "agent_killed", "{message}");
}
