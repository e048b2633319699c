//! Pause at the next tool call, with the real agents.

use std::path::Path;

use baton_testkit::{Script, Turn, git::SampleRepository};
use serde_json::{Value, json};

use super::{count, event, message, say, until_phase, until_running, wish};
use crate::stack::{Plan, Stack, id, marked_as_of, none_works_for, processes_of};

/// Two commands, each of which leaves a file, and a word. The first is thought of for as long as
/// the test wishes.
fn script(folder: &Path) -> Script {
    let touch = |name: &str| Turn::exec(&format!("touch {}", folder.join(name).display()));
    Script::new([
        touch("one").held("first"),
        touch("two"),
        Turn::say("Both files are there."),
    ])
}

fn job(agent: &str, repository: &SampleRepository) -> Value {
    json!({
        "type": agent,
        "repository": repository.url(),
        "task": {"instructions": "Leave two files", "publish": {"mode": "none"}},
    })
}

/// A stack whose agent is about to hear of its first tool call, and is asked to pause before.
async fn paused(agent: &str, files: &Path) -> (Stack, String) {
    let repository = SampleRepository::new();
    let stack = Stack::start(Plan {
        script: script(files),
        ..Plan::default()
    })
    .await;
    let run = id(&stack.client.submit(&job(agent, &repository)).await);
    stack.model.wait_for_request(1).await;
    let asked = wish(
        &stack,
        &run,
        json!({"action": "pause", "note": "wait for the review"}),
    )
    .await;
    assert_eq!(asked["action"], "pause", "{asked:#}");
    until_phase(&stack, &run, "delivered").await;
    stack.model.release("first");
    let held = until_phase(&stack, &run, "effective").await;
    assert_eq!(held["state"], "paused", "{held:#}");
    let pause = &held["control"]["pause"];
    assert_eq!(pause["method"], "checkpoint", "{pause:#}");
    assert_eq!(pause["cause"], "operator", "{pause:#}");
    assert_eq!(pause["note"], "wait for the review", "{pause:#}");
    assert!(pause["before"].is_string(), "{pause:#}");
    assert!(!files.join("one").exists(), "the tool call was executed");
    assert_eq!(stack.model.requests().len(), 1, "the model was asked again");
    (stack, run)
}

async fn pause_tell_resume(agent: &str) {
    let files = tempfile::tempdir().expect("a folder");
    let (stack, run) = paused(agent, files.path()).await;
    let text = "keep the public names as they are";
    let said = say(&stack, &run, "steering", text).await;
    let path = format!("/api/task-runs/{run}/operator-messages/{}", id(&said));
    let recorded = |message: &Value| message["state"].is_string();
    let waits = stack.client.until_at(&path, recorded).await;
    assert_eq!(waits["state"], "queued", "{waits:#}");
    wish(
        &stack,
        &run,
        json!({"action": "resume", "note": "reviewed"}),
    )
    .await;
    let asked = stack.model.wait_for_request(2).await;
    let heard = asked.body.to_string();
    assert!(heard.contains(text), "the model was not told: {heard}");
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    assert_eq!(ended["attempt"], 1, "{ended:#}");
    assert!(files.path().join("one").exists() && files.path().join("two").exists());
    // The same session: one agent, and a conversation that was never begun again.
    assert_eq!(count(&stack, &run, "agent_started").await, 1);
    assert_eq!(stack.model.requests().len(), 3);
    let message = message(&stack, &run).await;
    assert_eq!(message["state"], "seen", "{message:#}");
    for time in ["createdAt", "deliveredAt", "seenAt"] {
        assert!(message[time].is_string(), "{time}: {message:#}");
    }
    let resumed = event(&stack, &run, "resumed").await;
    assert_eq!(resumed["data"]["cause"], "operator", "{resumed:#}");
    let recording = format!("/api/task-runs/{run}/recording");
    let recording = stack.client.text(&recording).await;
    assert!(recording.contains("PAUSED FOR OPERATOR"), "{recording}");
    stack.stop().await;
}

async fn cancel_while_paused(agent: &str) {
    let files = tempfile::tempdir().expect("a folder");
    let (stack, run) = paused(agent, files.path()).await;
    assert!(!processes_of(&run).is_empty(), "the agent is there");
    wish(&stack, &run, json!({"action": "cancel"})).await;
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "cancelled", "{ended:#}");
    assert_eq!(marked_as_of(&run), Vec::<u32>::new(), "of {run}");
    // What its agent lived in has nothing left to do, and ends by itself.
    none_works_for(&run).await;
    assert!(!files.path().join("one").exists(), "it went on meanwhile");
    stack.stop().await;
}

// H-05 H-06 H-09 H-10 B-03 B-04
#[tokio::test(flavor = "multi_thread")]
async fn codex_stops_before_its_next_tool_call_and_its_model_reads_a_message() {
    pause_tell_resume("codex_exec").await;
}

// H-05 H-09 W-12
#[tokio::test(flavor = "multi_thread")]
async fn codex_cancelled_while_paused_leaves_no_process() {
    cancel_while_paused("codex_exec").await;
}

// H-05 H-06 H-09 H-10 B-03 B-04
#[tokio::test(flavor = "multi_thread")]
async fn claude_stops_before_its_next_tool_call_and_its_model_reads_a_message() {
    pause_tell_resume("claude_code").await;
}

// H-05 H-09 W-12
#[tokio::test(flavor = "multi_thread")]
async fn claude_cancelled_while_paused_leaves_no_process() {
    cancel_while_paused("claude_code").await;
}

// H-09 B-03 B-09
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_outlives_the_worker_and_the_same_agent_goes_on() {
    let files = tempfile::tempdir().expect("a folder");
    let (mut stack, run) = paused("codex_exec", files.path()).await;
    let before = processes_of(&run);
    stack.workers[0].kill9().await;
    stack.workers[0].start_again();
    stack.workers[0].wait_for_line("ready").await;
    let adopted = stack
        .client
        .until(&run, |run| run["lease"]["activity"] != "unheard");
    let held = adopted.await;
    assert_eq!(held["state"], "paused", "{held:#}");
    assert_eq!(held["control"]["pause"]["phase"], "effective", "{held:#}");
    assert!(!files.path().join("one").exists(), "it went on meanwhile");
    let after = processes_of(&run);
    let same = before.iter().filter(|pid| after.contains(pid)).count();
    assert!(same > 0, "before {before:?}, after {after:?}");
    wish(&stack, &run, json!({"action": "resume"})).await;
    until_running(&stack, &run).await;
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    assert_eq!(ended["attempt"], 1, "{ended:#}");
    assert_eq!(count(&stack, &run, "agent_started").await, 1);
    assert_eq!(count(&stack, &run, "paused").await, 1);
    stack.stop().await;
}
