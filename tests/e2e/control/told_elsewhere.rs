//! A run goes on at another worker: its agent is told what nobody has heard, and nothing twice.

use baton_testkit::{Script, Turn, git::SampleRepository};
use serde_json::{Value, json};

use super::say;
use crate::stack::{Plan, Stack, id, none_works_for};

// H-06 W-11
#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_has_seen_is_not_told_again_at_another_worker() {
    let repository = SampleRepository::new();
    let mut stack = Stack::start(Plan {
        script: Script::new([
            Turn::exec("true").held("first"),
            Turn::exec("true"),
            Turn::exec("true").held("third"),
            Turn::say("Done."),
        ]),
        lease_seconds: 9,
        ..Plan::default()
    })
    .await;
    let body = json!({
        "type": "codex_exec",
        "repository": repository.url(),
        "task": {"instructions": "Work", "publish": {"mode": "none"}},
    });
    let run = id(&stack.client.submit(&body).await);
    stack.model.wait_for_request(1).await;
    let (heard, unheard) = ("keep the public names", "leave the tests alone");
    say(&stack, &run, "steering", heard).await;
    stack.model.release("first");
    let asked = stack.model.wait_for_request(3).await.body.to_string();
    assert!(asked.contains(heard), "the model was not told: {asked}");
    until_states(&stack, &run, &["seen"]).await;
    say(&stack, &run, "steering", unheard).await;
    stack.hire("worker-2", 1, &[]).await;
    stack.workers[0].kill9().await;

    // The next attempt begins the conversation anew: the first of its calls has told its agent.
    let asked = stack.model.wait_for_request(5).await.body.to_string();
    assert!(asked.contains(unheard), "the model was not told: {asked}");
    assert!(!asked.contains(heard), "the model was told again: {asked}");
    stack.model.release("third");
    let ended = stack.client.ended(&run).await;
    assert_eq!(
        (&ended["state"], &ended["attempt"]),
        (&json!("succeeded"), &json!(2)),
        "{ended:#}"
    );
    until_states(&stack, &run, &["seen", "seen"]).await;
    // It ends what it left behind.
    stack.workers[0].start_again();
    stack.workers[0].wait_for_line("ready").await;
    none_works_for(&run).await;
    stack.stop().await;
}

/// Waits until the messages to the run's agent have come this far, the first one first.
async fn until_states(stack: &Stack, run: &str, states: &[&str]) {
    let path = format!("/api/task-runs/{run}/operator-messages");
    let have_come = |page: &Value| {
        let messages = page["messages"].as_array();
        let now = messages.into_iter().flatten().map(|it| &it["state"]);
        now.eq(states)
    };
    stack.client.until_at(&path, have_come).await;
}
