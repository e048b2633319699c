//! A run is paused at its agent's next tool call, told something, taken over, handed back: with the
//! real agents, a model that is scripted, and everything else real.

mod asking;
mod command_line;
mod frozen;
mod overlaps;
mod paused;
mod permitted;
mod taken_over;
mod told_elsewhere;
mod typed_to;
mod waited_for;

use serde_json::{Value, json};

use crate::stack::Stack;

/// Wishes something of a run, which is granted.
async fn wish(stack: &Stack, run: &str, body: Value) -> Value {
    post(stack, &format!("/api/task-runs/{run}/control"), body).await
}

/// Says something to a run's agent.
async fn say(stack: &Stack, run: &str, kind: &str, message: &str) -> Value {
    let body = json!({"kind": kind, "message": message});
    let path = format!("/api/task-runs/{run}/operator-messages");
    post(stack, &path, body).await
}

/// Posts, and expects to be obeyed.
async fn post(stack: &Stack, path: &str, body: Value) -> Value {
    let (status, answer) = try_post(stack, path, body).await;
    assert!((200..300).contains(&status), "{path}: {status} {answer:#}");
    answer
}

/// Posts; the status and the answer.
async fn try_post(stack: &Stack, path: &str, body: Value) -> (u16, Value) {
    let answer = stack.client.post(path, &body).await;
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status.as_u16(), value)
}

/// Waits until a pause of the run has come this far.
async fn until_phase(stack: &Stack, run: &str, phase: &str) -> Value {
    let at = |run: &Value| run["control"]["pause"]["phase"] == phase;
    stack.client.until(run, at).await
}

/// Waits until the run goes on.
async fn until_running(stack: &Stack, run: &str) -> Value {
    let goes_on = |run: &Value| run["state"] == "running" && run["control"]["pause"].is_null();
    stack.client.until(run, goes_on).await
}

/// The only message to the run's agent.
async fn message(stack: &Stack, run: &str) -> Value {
    let path = format!("/api/task-runs/{run}/operator-messages");
    let page = stack.client.get(&path).await;
    let messages = page["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 1, "{page:#}");
    messages[0].clone()
}

/// The first event of a kind.
async fn event(stack: &Stack, run: &str, kind: &str) -> Value {
    let events = stack.client.events(run).await;
    let found = events.iter().find(|event| event["type"] == kind);
    found
        .unwrap_or_else(|| panic!("no '{kind}' among {events:#?}"))
        .clone()
}

/// How many events of a kind there are.
async fn count(stack: &Stack, run: &str, kind: &str) -> usize {
    let events = stack.client.events(run).await;
    events.iter().filter(|event| event["type"] == kind).count()
}

/// The wishes of one kind, as recorded.
async fn wishes(stack: &Stack, run: &str, action: &str) -> Vec<Value> {
    let path = format!("/api/task-runs/{run}/control-events?action={action}");
    let page = stack.client.get(&path).await;
    page["events"].as_array().expect("events").clone()
}
