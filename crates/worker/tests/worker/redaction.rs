//! Secrets of the worker reach nothing that leaves it.

use std::ffi::OsString;

use baton_testkit::git::SampleRepository;
use baton_wire::Event;
use serde_json::{Value, json};

use crate::bench::{Bench, Story};

const SECRET: &str = "canary-\"7f3a\"/+é-secret";
/// The same as a program prints it: base64, JSON, URL, hex.
const FORMS: [&str; 4] = [
    "Y2FuYXJ5LSI3ZjNhIi8rw6ktc2VjcmV0",
    "canary-\\\"7f3a\\\"/+",
    "canary-%227f3a%22%2F%2B%C3%A9-secret",
    "63616e6172792d223766336122",
];

fn bench(mut bench: Bench) -> Bench {
    let given = [("DEPLOY_PASS", SECRET), ("BUILD_LABEL", "label-for-tasks")];
    let given = given.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    bench.options.environment.extend(given);
    bench.options.task_secrets = ["DEPLOY_PASS", "BUILD_LABEL"].map(str::to_owned).into();
    bench
}

fn request(repository: &str, script: &str, mode: &str) -> Value {
    json!({
        "type": "command",
        "repository": repository,
        "task": {
            "argv": ["sh", "-c", script],
            "publish": { "mode": mode },
            "secrets": [{"name": "PASS", "from": "env:DEPLOY_PASS"}],
        },
    })
}

fn assert_clean(bench: &Bench, story: &Story) {
    let mut shown = vec![(
        "events".to_owned(),
        serde_json::to_string(&story.messages).unwrap(),
    )];
    for (name, bytes) in bench.sink.kept() {
        shown.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    for (name, text) in &shown {
        for form in FORMS.iter().chain([&SECRET, &"label-for-tasks"]) {
            assert!(!text.contains(form), "{form} in {name}: {text}");
        }
    }
}

fn warns(story: &Story, words: &str) -> bool {
    story.has(|event| matches!(event, Event::Warning { message } if message.contains(words)))
}

const PRINTS: &str = r#"
    printf '%s' "$PASS" | cut -c1-9 | tr -d '\n'; sleep 0.2; printf '%s\n' "$PASS" | cut -c10-
    printf 'whole %s\n' "$PASS"; printf '%s' "$PASS" >&2; echo
    printf '%s' "$PASS" | base64 -w0; echo; printf 'x%s' "$PASS" | base64 -w0; echo
    printf 'xy%s' "$PASS" | base64 -w0; echo; printf '%s' "$PASS" | od -An -tx1 -v | tr -d ' \n'; echo
    printf '%s' "$PASS" > "$BATON_ARTIFACTS_DIR/report.txt"
    printf 'bin\0%s' "$PASS" > "$BATON_ARTIFACTS_DIR/report.bin"
    printf 'x' > "$BATON_ARTIFACTS_DIR/label-for-tasks.txt"
    printf 'key=%s\n' "$PASS" > conf; printf 'a\0b%s' "$PASS" > blob; echo more >> README.md
"#;

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_in_no_log_event_patch_or_artifact() {
    let bench = bench(Bench::new().await);
    let worker = bench.work();
    let repository = SampleRepository::new();
    let run = bench
        .submit(request(&repository.url(), PRINTS, "none"))
        .await;
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    assert_clean(&bench, &story);
    let log = bench.sink.text(&format!("{run}/1/logs/agent.log")).unwrap();
    // In a terminal everything stays in its place.
    let starred = log.lines().filter(|line| line.contains(&"*".repeat(20)));
    assert_eq!(starred.count(), 7, "{log}");
    assert_eq!(story.output(), log);
    let report = bench.sink.text(&format!("{run}/1/report.txt")).unwrap();
    assert_eq!(report, "[redacted:DEPLOY_PASS]");
    let patch = bench
        .sink
        .text(&format!("{run}/1/patches/changes.patch"))
        .unwrap();
    assert!(
        patch.contains("+key=[redacted:DEPLOY_PASS]") && patch.contains("+more"),
        "{patch}"
    );
    assert!(!patch.contains("blob"), "{patch}");
    assert!(
        !bench
            .sink
            .kept()
            .contains_key(&format!("{run}/1/report.bin"))
    );
    for words in [
        "'report.txt'",
        "'report.bin' is left out",
        "without 'blob'",
        "does not apply",
    ] {
        assert!(warns(&story, words), "{words} {story:#?}");
    }
    worker.leave().await;
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn changes_with_a_secret_are_not_pushed() {
    let bench = bench(Bench::new().await);
    let worker = bench.work();
    let repository = SampleRepository::new();
    for script in [
        "printf 'key=%s' \"$PASS\" > conf",
        "printf 'a\\0b%s' \"$PASS\" >> README.md",
        "printf '%s' \"$PASS\" | base64 > conf",
        "echo x > label-for-tasks",
    ] {
        let run = bench
            .submit(request(&repository.url(), script, "branch"))
            .await;
        let story = bench.end(run).await;
        let (code, message) = story.failure();
        assert_eq!(code, "secret_found", "{script}");
        assert!(message.contains("nothing was pushed"), "{message}");
        assert_clean(&bench, &story);
    }
    assert_eq!(repository.branches(), ["main"]);
    // What the remote has already may be changed, and taken away.
    repository.write("known", &format!("key={SECRET}\n"));
    repository.commit("A mistake");
    for script in ["echo more >> known", "rm known"] {
        let run = bench
            .submit(request(&repository.url(), script, "branch"))
            .await;
        let story = bench.end(run).await;
        assert!(
            story.has(|event| matches!(event, Event::BranchPushed { .. })),
            "{story:#?}"
        );
        assert_clean(&bench, &story);
    }
    worker.leave().await;
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_for_tasks_fails_the_run_unexecuted() {
    let mut bench = bench(Bench::new().await);
    bench.options.task_secrets.clear();
    let worker = bench.work();
    let repository = SampleRepository::new();
    let run = bench
        .submit(request(&repository.url(), "true", "none"))
        .await;
    let story = bench.end(run).await;
    let (code, message) = story.failure();
    assert_eq!(code, "invalid_payload");
    assert!(
        message.contains("task.secrets[0].from 'env:DEPLOY_PASS'"),
        "{message}"
    );
    assert!(
        !story.kinds().contains(&"stage_started".to_owned()),
        "{story:#?}"
    );
    worker.leave().await;
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_does_not_tell_what_it_failed_with() {
    let bench = bench(Bench::new().await);
    let worker = bench.work();
    let repository = SampleRepository::new();
    let script = "printf 'cannot log in with %s' \"$PASS\" >&2; exit 3";
    let run = bench
        .submit(request(&repository.url(), script, "none"))
        .await;
    let story = bench.end(run).await;
    let (code, message) = story.failure();
    assert_eq!(code, "command_failed");
    assert!(
        message.ends_with(&format!("cannot log in with {}", "*".repeat(SECRET.len()))),
        "{message}"
    );
    assert_clean(&bench, &story);
    worker.leave().await;
}
