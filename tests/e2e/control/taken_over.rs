//! An operator takes the run's place, works in its folder, and hands it back.

use baton_testkit::{Script, Turn, git::SampleRepository};
use serde_json::{Value, json};

use super::{event, post, until_phase, until_running, wish, wishes};
use crate::stack::{Granted, Plan, Stack, Viewer, id};

// H-05 H-09 B-08
#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_did_in_the_shell_is_told_to_codex() {
    what_an_operator_did_is_told_to("codex_exec").await;
}

// H-05 H-09 B-08
#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_did_in_the_shell_is_told_to_claude() {
    what_an_operator_did_is_told_to("claude_code").await;
}

async fn what_an_operator_did_is_told_to(agent: &str) {
    let repository = SampleRepository::new();
    let stack = Stack::start(Plan {
        script: Script::new([
            Turn::exec("true").held("first"),
            Turn::say("I see what you did."),
        ]),
        ..Plan::default()
    })
    .await;
    let body = json!({
        "type": agent,
        "repository": repository.url(),
        "task": {"instructions": "Work", "publish": {"mode": "none"}},
        "liveSession": {"enabled": true},
    });
    let run = id(&stack.client.submit(&body).await);
    stack.model.wait_for_request(1).await;
    let taken = wish(
        &stack,
        &run,
        json!({"action": "takeover", "note": "this needs my key"}),
    )
    .await;
    // Before the agent comes to its tool call.
    until_phase(&stack, &run, "delivered").await;
    stack.model.release("first");
    let held = until_phase(&stack, &run, "effective").await;
    assert_eq!(held["control"]["pause"]["cause"], "takeover", "{held:#}");
    let began = |run: &Value| run["control"]["takeover"]["beganAt"].is_string();
    let held = stack.client.until(&run, began).await;
    assert_eq!(held["control"]["takeover"]["command"], taken["id"]);
    let path = format!("/api/task-runs/{run}/live-session/grant-write");
    let granted = post(&stack, &path, json!({"terminals": ["shell"]})).await;
    let granted = Granted::read(&granted);
    let mut shell = Viewer::join(&stack.client, &run, "shell", Some(granted)).await;
    shell
        .types(b"echo 'by hand' > HAND.md; echo typed-$((40+2))\r")
        .await
        .expect("it may type");
    shell.sees("typed-42").await;
    let summary = "wrote HAND.md, since the generator is broken";
    let back = json!({"action": "hand_back", "summary": summary});
    let back = wish(&stack, &run, back).await;
    let asked = stack.model.wait_for_request(2).await;
    let heard = asked.body.to_string();
    assert!(heard.contains(summary), "{heard}");
    assert!(
        heard.contains("HAND.md") && heard.contains("+by hand"),
        "{heard}"
    );
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    let over = event(&stack, &run, "takeover_ended").await;
    let over = &over["data"];
    assert_eq!(over["end"], "handed_back", "{over:#}");
    assert_eq!(
        (&over["files"], &over["insertions"]),
        (&json!(1), &json!(1))
    );
    let artifact = over["artifact"].as_str().expect("an artifact");
    // Whoever reads that it was handed back finds the files.
    let events = stack.client.events(&run).await;
    let at = |what: &dyn Fn(&Value) -> bool| events.iter().position(what);
    let kept = at(&|event| event["data"]["name"] == artifact);
    let told = at(&|event| event["type"] == "takeover_ended");
    assert!(kept.is_some() && kept < told, "{events:#?}");
    let path = format!("/api/task-runs/{run}/artifacts/1/{artifact}");
    let patch = stack.client.text(&path).await;
    assert!(patch.contains("+by hand"), "{patch}");
    let commands = format!("/api/task-runs/{run}/artifacts/1/handback/1/commands.txt");
    let commands = stack.client.text(&commands).await;
    assert!(commands.contains("echo 'by hand' > HAND.md"), "{commands}");
    let resumed = event(&stack, &run, "resumed").await;
    assert_eq!(resumed["data"]["cause"], "hand_back", "{resumed:#}");
    shown_as_seen(&stack, &run, &taken, &back).await;
    stack.stop().await;
}

/// The run, the record of the wish and the command line say that the model has read what was done.
async fn shown_as_seen(stack: &Stack, run: &str, taken: &Value, back: &Value) {
    let shown = stack.client.get(&format!("/api/task-runs/{run}")).await;
    let shown = &shown["control"]["handBack"];
    assert_eq!(shown["state"], "seen", "{shown:#}");
    assert_eq!(shown["takeover"], taken["id"], "{shown:#}");
    assert_eq!(shown["command"], back["id"], "{shown:#}");
    let recorded = &wishes(stack, run, "hand_back").await[0];
    for (time, same) in [("handedOverAt", "deliveredAt"), ("seenAt", "seenAt")] {
        assert!(recorded[time].is_string(), "{recorded:#}");
        assert_eq!(recorded[time], shown[same], "{recorded:#} {shown:#}");
    }
    let said = stack.ask(&["runs", "show", run]).await.done();
    assert!(said.contains("the model has seen what was done"), "{said}");
    let told = event(stack, run, "message_seen").await;
    assert_eq!(told["data"]["takeover"], taken["id"], "{told:#}");
}

// H-05 H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_takeover_that_nobody_ends_expires_and_the_run_waits_for_a_person() {
    let stack = Stack::start(Plan::default()).await;
    let go_on = stack.folder().join("go-on");
    let script = format!("while [ ! -e {} ]; do sleep 0.05; done", go_on.display());
    let body = json!({
        "type": "command",
        "task": {"argv": ["sh", "-c", script]},
        "liveSession": {"enabled": true},
    });
    let run = id(&stack.client.submit(&body).await);
    stack
        .client
        .until(&run, |run| run["stage"] == "execute")
        .await;
    wish(
        &stack,
        &run,
        json!({"action": "takeover", "deadlineSeconds": 0, "expiresAfterSeconds": 60}),
    )
    .await;
    until_phase(&stack, &run, "effective").await;
    // A minute passes: whoever took it over went away.
    let path = "/api/help-requests?state=open";
    let asked = |page: &Value| page["open"] == 1;
    let page = until_within_two_minutes(&stack, path, asked).await;
    assert_eq!(page["helpRequests"][0]["kind"], "policy", "{page:#}");
    let over = event(&stack, &run, "takeover_ended").await;
    assert_eq!(over["data"]["end"], "expired", "{over:#}");
    let held = stack.client.get(&format!("/api/task-runs/{run}")).await;
    assert_eq!(held["state"], "paused", "{held:#}");
    assert!(held["control"]["takeover"].is_null(), "{held:#}");
    wish(&stack, &run, json!({"action": "resume"})).await;
    until_running(&stack, &run).await;
    std::fs::write(go_on, "").expect("a word to the agent");
    assert_eq!(stack.client.ended(&run).await["state"], "succeeded");
    stack.stop().await;
}

async fn until_within_two_minutes(
    stack: &Stack,
    path: &str,
    wished: impl Fn(&Value) -> bool,
) -> Value {
    let mut poll = tokio::time::interval(std::time::Duration::from_millis(200));
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(120);
    loop {
        poll.tick().await;
        let page = stack.client.get(path).await;
        if wished(&page) {
            return page;
        }
        assert!(tokio::time::Instant::now() < deadline, "{path}: {page:#}");
    }
}
