//! Runs of type `command`.

use serde_json::json;

use crate::bench::{Bench, marked, read};
use baton_wire::Event;

fn sh(script: &str) -> serde_json::Value {
    json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } })
}

// W-05
#[tokio::test]
async fn a_command_leaves_its_log_and_its_files() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let script = "echo one; echo two >&2; mkdir $BATON_ARTIFACTS_DIR/sub; \
        echo kept > $BATON_ARTIFACTS_DIR/sub/file.txt; ln -s /etc/passwd $BATON_ARTIFACTS_DIR/link; \
        env | sort > $BATON_ARTIFACTS_DIR/env";
    let run = bench.submit(sh(script)).await;
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    story.assert_in_order();
    assert_eq!(
        story.kinds(),
        [
            "stage_started",
            "stage_finished",
            "stage_started",
            "agent_started",
            "agent_exited",
            "stage_finished",
            "stage_started",
            "warning",
            "artifact_stored",
            "artifact_stored",
            "artifact_stored",
            "artifact_stored",
            "stage_finished",
            "succeeded"
        ]
    );
    let mut lines: Vec<String> = story.output().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["one", "two"]);
    let text = |name: &str| bench.sink.text(&format!("{run}/1/{name}"));
    assert_eq!(text("logs/agent.log"), Some(story.output()));
    let recording = text("recording/agent.cast").unwrap();
    let mut lines = recording.lines();
    assert!(
        lines.next().unwrap().contains("\"version\":3"),
        "{recording}"
    );
    assert!(
        lines.any(|line| line.contains(",\"o\",\"one\\r\\n")),
        "{recording}"
    );
    assert!(
        recording.trim_end().ends_with(",\"x\",\"0\"]"),
        "{recording}"
    );
    assert_eq!(text("sub/file.txt").as_deref(), Some("kept\n"));
    assert_eq!(text("link"), None);
    let environment = text("env").unwrap();
    assert!(environment.contains(&format!("BATON_RUN_ID={run}\n")));
    assert!(environment.contains("BATON_ATTEMPT=1\n"));
    assert!(!environment.contains("CARGO_"), "{environment}");
    let state = read(bench.workspace(run, 1).join("state.json"));
    assert!(state.contains("\"over\": true"));
    worker.leave().await;
}

#[tokio::test]
async fn a_command_that_fails_says_how() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let cases = [
        (
            sh("echo so it is >&2; exit 3"),
            "command_failed",
            "exit code 3; its last words: so it is",
        ),
        (sh("kill -9 $$"), "agent_killed", "signal 9"),
        (
            json!({ "type": "command", "task": { "argv": ["no-such-program"] } }),
            "agent_missing",
            "there is no program 'no-such-program'",
        ),
        (
            json!({ "type": "command", "timeoutSeconds": 1, "task": { "argv": ["sleep", "60"] } }),
            "timed_out",
            "after 1 s",
        ),
        (
            json!({ "type": "command", "task": {} }),
            "invalid_payload",
            "task.argv is missing",
        ),
    ];
    for (request, code, words) in cases {
        let run = bench.submit(request).await;
        let (found, message) = bench.end(run).await.failure();
        assert_eq!(found, code, "{message}");
        assert!(message.contains(words), "{message}");
    }
    worker.leave().await;
}

#[tokio::test]
async fn uploads_wait_for_the_api_and_a_refusal_fails_the_run() {
    let bench = Bench::new().await;
    let worker = bench.work();
    bench.sink.fail_with(&[503, 500]);
    let run = bench.submit(sh("echo hi")).await;
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    bench.sink.fail_with(&[403, 403]);
    let run = bench.submit(sh("echo hi")).await;
    let (code, message) = bench.end(run).await.failure();
    assert_eq!(code, "upload_failed");
    assert!(message.contains("logs/agent.log"), "{message}");
    worker.leave().await;
}

#[tokio::test]
async fn what_a_command_leaves_running_is_ended() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let run = bench
        .submit(sh("setsid sleep 300 & sleep 300 & echo started"))
        .await;
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    assert_eq!(marked(run), 0);
    worker.leave().await;
}

// W-01
#[tokio::test]
async fn one_turn_is_one_run() {
    let mut bench = Bench::new().await;
    bench.options.mode = baton_worker::Mode::Once {
        wait: std::time::Duration::from_secs(30),
    };
    let run = bench.submit(sh("echo hi")).await;
    bench.work().ended().await.unwrap();
    assert!(
        bench
            .end(run)
            .await
            .has(|e| matches!(e, Event::Succeeded { .. }))
    );
    bench.options.mode = baton_worker::Mode::Once {
        wait: std::time::Duration::ZERO,
    };
    bench.work().ended().await.unwrap();
}
