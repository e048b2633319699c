//! An agent asks for permission: somebody answers in the inbox over the fleet, and it obeys.

use baton_testkit::{Script, Turn, git::SampleRepository};
use serde_json::{Value, json};

use super::{count, event, post};
use crate::stack::{Plan, Stack, id};

/// Writes that an agent may not do by itself: one is allowed, one refused.
async fn allowed_or_refused(agent: &str, settings: [(&str, &str); 2], turn: fn(&str) -> Turn) {
    let outside = tempfile::tempdir_in("/var/tmp").expect("a folder outside of every sandbox");
    let write = |name: &str| turn(&format!("echo x > {}", outside.path().join(name).display()));
    let mut stack = Stack::start(Plan {
        script: Script::new([write("yes"), write("no"), Turn::say("I have asked.")]),
        workers: 0,
        ..Plan::default()
    })
    .await;
    let settings = settings.map(|(name, value)| (name, value.to_owned()));
    stack.hire("asking", 1, &settings).await;
    let repository = SampleRepository::new();
    let job = json!({
        "type": agent,
        "repository": repository.url(),
        "task": {"instructions": "Write twice", "publish": {"mode": "none"}},
    });
    let run = id(&stack.client.submit(&job).await);
    answer(&stack, &run, "yes", json!({"answer": "allow"})).await;
    let refusal = json!({"answer": "deny", "note": "it is not yours"});
    answer(&stack, &run, "no", refusal).await;
    let told = stack.model.wait_for_request(3).await.outputs();
    assert!(
        told[1].contains("Denied by operator tester: it is not yours"),
        "{told:#?}"
    );
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    assert!(outside.path().join("yes").exists(), "{told:#?}");
    assert!(!outside.path().join("no").exists(), "{told:#?}");
    assert_eq!(count(&stack, &run, "operator_not_needed").await, 2);
    let started = event(&stack, &run, "agent_started").await;
    let can = &started["data"]["capabilities"];
    assert_eq!(can["permissions"], true, "{started:#}");
    stack.stop().await;
}

/// Answers the run's only open request, which is for this file.
async fn answer(stack: &Stack, run: &str, file: &str, answer: Value) {
    let path = format!("/api/help-requests?state=open&kind=permission&run={run}");
    let asks = |page: &Value| {
        page["helpRequests"]
            .as_array()
            .is_some_and(|all| all.len() == 1)
    };
    let page = stack.client.until_at(&path, asks).await;
    let request = &page["helpRequests"][0];
    assert_eq!(request["blocking"], true, "{request:#}");
    let detail = request["detail"].as_str().expect("what it would do");
    assert!(detail.contains(&format!("/{file}")), "{request:#}");
    let help = request["id"].as_str().expect("an id");
    post(stack, &format!("/api/help-requests/{help}/answer"), answer).await;
    let path = format!("/api/help-requests/{help}");
    stack
        .client
        .until_at(&path, |help| help["state"] == "answered")
        .await;
}

// H-10
#[tokio::test(flavor = "multi_thread")]
async fn claude_asks_for_permission_and_does_what_somebody_answers() {
    let settings = [
        ("BATON_WORKER_CLAUDE_SANDBOX", "bypass"),
        ("BATON_WORKER_CLAUDE_APPROVALS", "ask"),
    ];
    allowed_or_refused("claude_code", settings, Turn::exec).await;
}

// H-10
#[tokio::test(flavor = "multi_thread")]
async fn codex_asks_for_permission_and_does_what_somebody_answers() {
    let settings = [
        ("BATON_WORKER_CODEX_SANDBOX", "workspace-write"),
        ("BATON_WORKER_CODEX_APPROVALS", "ask"),
    ];
    let turn = |command: &str| Turn::exec(command).escalating("it has to be there");
    allowed_or_refused("codex_exec", settings, turn).await;
}

// H-10
#[tokio::test(flavor = "multi_thread")]
async fn claude_asks_for_what_its_sandbox_forbids() {
    let settings = [
        ("BATON_WORKER_CLAUDE_SANDBOX", "workspace-write"),
        ("BATON_WORKER_CLAUDE_APPROVALS", "ask"),
    ];
    let turn = |command: &str| Turn::exec(command).escalating("it has to be there");
    allowed_or_refused("claude_code", settings, turn).await;
}
