//! An agent needs a person: it asks, waits, and goes on with the answer.

use serde_json::{Value, json};

use super::{event, post};
use crate::stack::{Plan, Stack, binary, id};

/// A command that asks a person and says what it was told.
fn asking() -> Value {
    let baton = binary().display().to_string();
    let script = format!(
        "answer=$({baton} need-operator 'which colour?' --option red=Red --option blue=Blue --wait) && echo \"it is $answer\""
    );
    json!({"type": "command", "task": {"argv": ["sh", "-c", script]}})
}

async fn inbox(stack: &Stack, query: &str) -> Value {
    stack
        .client
        .get(&format!("/api/help-requests?{query}"))
        .await
}

// H-10
#[tokio::test(flavor = "multi_thread")]
async fn a_question_waits_through_restarts_of_everything_and_its_answer_reaches_the_agent() {
    let mut stack = Stack::start(Plan::default()).await;
    let run = id(&stack.client.submit(&asking()).await);
    let asked = |page: &Value| page["open"] == 1;
    stack
        .client
        .until_at("/api/help-requests?state=open", asked)
        .await;
    stack.workers[0].kill9().await;
    stack.api.kill9().await;
    stack.recorder.kill9().await;
    stack.supervisor.kill9().await;
    stack.recorder.start_again();
    stack.supervisor.start_again();
    stack.workers[0].start_again();
    stack.api.start_again();
    let ready = stack.client.url("/health/ready");
    stack.api.wait_for_ok(&ready).await;
    stack.workers[0].wait_for_line("ready").await;
    let page = inbox(&stack, "state=open").await;
    assert_eq!(page["open"], 1, "{page:#}");
    let request = &page["helpRequests"][0];
    assert_eq!(request["question"], "which colour?", "{request:#}");
    assert_eq!(request["taskRunId"], json!(run), "{request:#}");
    assert_eq!(request["blocking"], true, "{request:#}");
    assert_eq!(request["options"][1]["answer"], "blue", "{request:#}");
    let help = request["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/help-requests/{help}/answer");
    post(&stack, &path, json!({"answer": "blue"})).await;
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    assert_eq!(ended["attempt"], 1, "{ended:#}");
    let log = format!("/api/task-runs/{run}/artifacts/1/logs/agent.log");
    let log = stack.client.text(&log).await;
    assert!(log.contains("it is blue"), "{log}");
    let over = event(&stack, &run, "operator_not_needed").await;
    assert_eq!(over["data"]["end"], "answered", "{over:#}");
    let closed = stack
        .client
        .get(&format!("/api/help-requests/{help}"))
        .await;
    assert_eq!(closed["state"], "answered", "{closed:#}");
    assert_eq!(closed["answer"], "blue", "{closed:#}");
    let (status, again) = super::try_post(&stack, &path, json!({"answer": "red"})).await;
    assert_eq!(status, 409, "{again:#}");
    stack.stop().await;
}

// H-10 W-12
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_failed_as_often_as_it_may_asks_for_a_person_and_is_tried_again_by_the_answer() {
    let stack = Stack::start(Plan::default()).await;
    let pass = stack.folder().join("pass");
    // Killed by a signal that is not Baton's: that may pass.
    let script = format!("[ -e {} ] || kill -KILL $$", pass.display());
    let body = json!({
        "type": "command",
        "task": {"argv": ["sh", "-c", script]},
        "maxAttempts": 1,
    });
    let run = id(&stack.client.submit(&body).await);
    let dead = |run: &Value| run["state"] == "failed" || run["state"] == "dead_lettered";
    let dead = stack.client.until(&run, dead).await;
    assert_eq!(dead["state"], "dead_lettered", "{dead:#}");
    let asked = |page: &Value| page["open"] == 1;
    let page = stack
        .client
        .until_at("/api/help-requests?state=open&kind=retries_used_up", asked)
        .await;
    let help = page["helpRequests"][0]["id"].as_str().expect("an id");
    std::fs::write(&pass, "").expect("what it needs");
    let path = format!("/api/help-requests/{help}/answer");
    post(&stack, &path, json!({"answer": "redrive"})).await;
    let done = |run: &Value| run["state"] == "succeeded";
    stack.client.until(&run, done).await;
    assert_eq!(inbox(&stack, "state=open").await["open"], 0);
    stack.stop().await;
}
