//! An operator takes over a run whose agent shows its own screen, and types to the agent itself.

use baton_testkit::{Recorded, Script, Turn, git::SampleRepository};
use serde_json::{Value, json};

use super::{event, post, until_phase, wish};
use crate::stack::{Granted, Plan, Stack, Viewer, id};

/// What is typed. No blank is in it: screens wrap their lines, and move the cursor over blanks.
const TYPED: &str = "mind-the-gap";

fn job(agent: &str, repository: &SampleRepository) -> Value {
    json!({
        "type": agent,
        "repository": repository.url(),
        "task": {
            "instructions": "Leave a file",
            "runtime": {"mode": "interactive"},
            "publish": {"mode": "none"},
        },
        "liveSession": {"enabled": true},
    })
}

/// What the model was asked for the task. Codex's screen also asks it for a title.
fn asked(stack: &Stack) -> Vec<Recorded> {
    let mut requests = stack.model.requests();
    requests.retain(|request| !request.body.to_string().contains("thread_title"));
    requests
}

/// The `n`th of them (from 1).
async fn request(stack: &Stack, n: usize) -> Recorded {
    let mut all = n;
    while asked(stack).len() < n {
        stack.model.wait_for_request(all).await;
        all += 1;
    }
    asked(stack).swap_remove(n - 1)
}

/// Takes the run over before its first tool call, for its agent's terminal.
async fn taken_over(stack: &Stack, run: &str) -> Viewer {
    request(stack, 1).await;
    let wished = json!({"action": "takeover", "note": "I know better"});
    wish(stack, run, wished).await;
    until_phase(stack, run, "delivered").await;
    stack.model.release("first");
    let began = |run: &Value| run["control"]["takeover"]["beganAt"].is_string();
    let held = stack.client.until(run, began).await;
    assert_eq!(held["control"]["pause"]["method"], "checkpoint", "{held:#}");
    let path = format!("/api/task-runs/{run}/live-session/grant-write");
    let granted = post(stack, &path, json!({"terminals": ["agent"]})).await;
    Viewer::join(&stack.client, run, "agent", Some(Granted::read(&granted))).await
}

async fn the_model_reads_what_is_typed(agent: &str, queued: &str) {
    let repository = SampleRepository::new();
    let stack = Stack::start(Plan {
        script: Script::new([
            Turn::exec("echo made > made; cat made").held("first"),
            Turn::say("I mind it."),
        ]),
        ..Plan::default()
    })
    .await;
    let run = id(&stack.client.submit(&job(agent, &repository)).await);
    let mut screen = taken_over(&stack, &run).await;
    screen.types(TYPED.as_bytes()).await.expect("it may type");
    screen.sees(TYPED).await;
    screen.types(b"\r").await.expect("it may type");
    screen.sees(queued).await;
    assert_eq!(asked(&stack).len(), 1, "the model was asked meanwhile");
    let summary = "told it what to mind";
    let back = json!({"action": "hand_back", "summary": summary});
    wish(&stack, &run, back).await;
    let heard = request(&stack, 2).await;
    let words = heard.body.to_string();
    assert!(words.contains(TYPED), "the model was not told: {words}");
    assert!(words.contains(summary), "no summary: {words}");
    assert_eq!(heard.outputs().len(), 1, "{words}");
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    assert_eq!(ended["result"]["summary"], "I mind it.", "{ended:#}");
    let over = event(&stack, &run, "takeover_ended").await;
    assert_eq!(over["data"]["end"], "handed_back", "{over:#}");
    let started = event(&stack, &run, "agent_started").await;
    assert_eq!(started["data"]["mode"], "interactive", "{started:#}");
    // The log tells in plain words what the screen shows.
    let path = format!("/api/task-runs/{run}/artifacts/1/logs/agent.log");
    let log = stack.client.text(&path).await;
    assert!(log.contains("I mind it."), "{log}");
    stack.stop().await;
}

// H-05 H-09 B-08
#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_to_codex_itself_stands_in_its_models_next_request() {
    the_model_reads_what_is_typed("codex_exec", "Messages to be submitted").await;
}

// H-05 H-09 B-08
#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_to_claude_itself_stands_in_its_models_next_request() {
    the_model_reads_what_is_typed("claude_code", "queued").await;
}

/// What the agent says at the end of each of its turns.
const DONE: &str = "As-you-like-it.";

/// Hands the run back to an agent that waits for what is typed: it goes on with what it is told.
async fn goes_on_when_it_is_handed_back(stack: &Stack, run: &str, asked_before: usize) {
    let now = stack.client.get(&format!("/api/task-runs/{run}")).await;
    assert_eq!(now["state"], "paused", "{now:#}");
    let summary = "showed it how";
    let back = json!({"action": "hand_back", "summary": summary});
    wish(stack, run, back).await;
    let heard = request(stack, asked_before + 1).await.body.to_string();
    assert!(heard.contains(summary), "no summary: {heard}");
    let ended = stack.client.ended(run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    assert_eq!(ended["result"]["summary"], DONE, "{ended:#}");
    let events = stack.client.events(run).await;
    let frozen = |event: &&Value| event["type"] == "paused" && event["data"]["kind"] == "frozen";
    assert_eq!(events.iter().filter(frozen).count(), 0, "{events:#?}");
}

async fn enter(screen: &mut Viewer, words: &str) {
    screen.types(words.as_bytes()).await.expect("it may type");
    screen.sees(words).await;
    screen.types(b"\r").await.expect("it may type");
}

async fn stack_of(turns: impl IntoIterator<Item = Turn>) -> Stack {
    Stack::start(Plan {
        script: Script::new(turns),
        ..Plan::default()
    })
    .await
}

/// Esc ends the agent's own turn. What is typed then it does, its tools too.
async fn it_works_for_whoever_has_its_place(agent: &str) {
    let repository = SampleRepository::new();
    let stack = stack_of([
        Turn::exec("echo never > never").held("first"),
        Turn::exec("echo for-you > made; cat made"),
        Turn::say(DONE),
    ])
    .await;
    let run = id(&stack.client.submit(&job(agent, &repository)).await);
    let mut screen = taken_over(&stack, &run).await;
    screen.types(b"\x1b").await.expect("it may type");
    screen.sees("nterrupted").await;
    enter(&mut screen, TYPED).await;
    let typed = request(&stack, 2).await.body.to_string();
    assert!(typed.contains(TYPED), "the model was not told: {typed}");
    let worked = request(&stack, 3).await.outputs();
    assert!(worked[1].contains("for-you"), "{worked:?}");
    screen.sees(DONE).await;
    goes_on_when_it_is_handed_back(&stack, &run, 3).await;
    stack.stop().await;
}

// H-05 H-09 B-08
#[tokio::test(flavor = "multi_thread")]
async fn codex_works_for_whoever_has_its_place_and_goes_on_when_it_is_handed_back() {
    it_works_for_whoever_has_its_place("codex_exec").await;
}

// H-05 H-09 B-08
#[tokio::test(flavor = "multi_thread")]
async fn claude_works_for_whoever_has_its_place_and_goes_on_when_it_is_handed_back() {
    it_works_for_whoever_has_its_place("claude_code").await;
}

/// Where its own turn is over, nothing has to be stopped.
async fn it_waits_for_what_is_typed_at_its_turns_end(agent: &str) {
    let repository = SampleRepository::new();
    let stack = stack_of([Turn::say(DONE).held("first")]).await;
    let run = id(&stack.client.submit(&job(agent, &repository)).await);
    let mut screen = taken_over(&stack, &run).await;
    enter(&mut screen, TYPED).await;
    let typed = request(&stack, 2).await.body.to_string();
    assert!(typed.contains(TYPED), "the model was not told: {typed}");
    goes_on_when_it_is_handed_back(&stack, &run, 2).await;
    stack.stop().await;
}

// H-05 H-09 B-08
#[tokio::test(flavor = "multi_thread")]
async fn codex_that_is_taken_over_at_its_turns_end_waits_for_what_is_typed() {
    it_waits_for_what_is_typed_at_its_turns_end("codex_exec").await;
}

// H-05 H-09 B-08
#[tokio::test(flavor = "multi_thread")]
async fn claude_that_is_taken_over_at_its_turns_end_waits_for_what_is_typed() {
    it_waits_for_what_is_typed_at_its_turns_end("claude_code").await;
}
