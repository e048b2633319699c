//! A run's terminal is watched while it runs, and one person at a time types into it.

use std::time::Duration;

use baton_domain::{Clock as _, SystemClock};
use chrono::{DateTime, TimeDelta, Utc};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::stack::{Granted, Plan, Stack, Viewer, execute, id};

/// A command that waits for a line, and whose session is wanted from the start.
fn asking(script: &str) -> Value {
    json!({
        "type": "command",
        "task": {"argv": ["sh", "-c", script]},
        "liveSession": {"enabled": true},
    })
}

async fn session(stack: &Stack, run: &str) -> Value {
    stack
        .client
        .get(&format!("/api/task-runs/{run}/live-session"))
        .await
}

/// Waits until the session stands so.
async fn until(stack: &Stack, run: &str, status: &str) -> Value {
    let path = format!("/api/task-runs/{run}/live-session");
    stack
        .client
        .until_at(&path, |session| session["status"] == status)
        .await
}

async fn post(stack: &Stack, run: &str, verb: &str, body: Value) -> Value {
    let path = format!("/api/task-runs/{run}/live-session/{verb}");
    let answer = stack.client.post(&path, &body).await;
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).expect("JSON")
}

/// What was done on a run, in order.
async fn actions(stack: &Stack, run: &str) -> Vec<String> {
    let page = stack
        .client
        .get(&format!("/api/task-runs/{run}/control-events"))
        .await;
    let events = page["events"].as_array().expect("events");
    let action = |event: &Value| event["action"].as_str().expect("an action").to_owned();
    events.iter().map(action).collect()
}

// H-01 H-02 H-03 H-04 H-08
#[tokio::test]
async fn a_session_starts_is_ready_and_ends_with_its_run_as_the_api_alone_tells() {
    let stack = Stack::start(Plan::default()).await;
    let go_on = stack.folder().join("go-on");
    let script = format!(
        "echo begun; while [ ! -e {} ]; do sleep 0.05; done",
        go_on.display()
    );
    let run = id(&stack.client.submit(&asking(&script)).await);
    let ready = until(&stack, &run, "ready").await;
    assert_eq!(ready["provider"], "web", "{ready:#}");
    assert_eq!(ready["workerId"], "worker-1", "{ready:#}");
    assert_eq!(ready["generation"], 1, "{ready:#}");
    for time in ["startingAt", "readyAt", "expiresAt"] {
        assert!(ready[time].is_string(), "{time}: {ready:#}");
    }
    std::fs::write(go_on, "").expect("a word to the agent");
    assert_eq!(stack.client.ended(&run).await["state"], "succeeded");
    let ended = until(&stack, &run, "ended").await;
    assert!(ended["endedAt"].is_string(), "{ended:#}");
    let done = actions(&stack, &run).await;
    let place = |name: &str| done.iter().position(|action| action == name);
    let order = [place("session_starting"), place("session_ready")];
    assert!(order[0].is_some() && order[0] < order[1], "{done:?}");
    stack.stop().await;
}

// H-13
#[tokio::test]
async fn a_session_that_cannot_start_is_an_error_and_its_run_succeeds() {
    let stack = Stack::start(Plan::default()).await;
    let mut request = asking("echo done");
    request["liveSession"]["provider"] = json!("tmate");
    let run = id(&stack.client.submit(&request).await);
    assert_eq!(stack.client.ended(&run).await["state"], "succeeded");
    let failed = until(&stack, &run, "error").await;
    let message = failed["errorMessage"].as_str().unwrap_or_default();
    assert!(message.contains("BATON_WORKER_TMATE"), "{failed:#}");
    stack.stop().await;
}

// H-11 B-05 B-06
#[tokio::test]
async fn one_types_the_others_watch_and_all_of_it_is_on_record() {
    let stack = Stack::start(Plan::default()).await;
    let run = id(&stack
        .client
        .submit(&asking(
            "echo name?; read name; echo \"hello $name\"; read more; echo \"and $more\"",
        ))
        .await);
    until(&stack, &run, "ready").await;
    let mut watching = Viewer::join(&stack.client, &run, "agent", None).await;
    watching.sees("name?").await;
    let granted = post(
        &stack,
        &run,
        "grant-write",
        json!({"ttlMinutes": 5, "reason": "it asks for a name"}),
    )
    .await;
    assert_eq!(granted["effective"], true, "{granted:#}");
    let granted = Granted::read(&granted);
    let mut typing = Viewer::join(&stack.client, &run, "agent", Some(granted)).await;
    typing.types(b"Ada\r").await.expect("it may type");
    watching.sees("hello Ada").await;
    // Somebody takes over: the former may not any more, and everybody sees it.
    let other = post(
        &stack,
        &run,
        "grant-write",
        json!({"ttlMinutes": 5, "reason": "my turn", "takeOver": true}),
    )
    .await;
    let refused = typing.types(b"no\r").await.unwrap_err();
    assert!(!refused.is_empty());
    let mut second = Viewer::join(&stack.client, &run, "agent", Some(Granted::read(&other))).await;
    second.types(b"more\r").await.expect("it may type");
    watching.sees("and more").await;
    assert_eq!(stack.client.ended(&run).await["state"], "succeeded");
    until(&stack, &run, "ended").await;
    let done = actions(&stack, &run).await;
    for action in ["write_granted", "write_gate", "write_ended"] {
        assert!(done.iter().any(|a| a == action), "{action}: {done:?}");
    }
    let inputs = stack
        .client
        .get(&format!("/api/task-runs/{run}/inputs"))
        .await;
    let inputs = inputs["inputs"].as_array().expect("inputs");
    let typed: String = inputs
        .iter()
        .map(|input| input["text"].as_str().expect("a text"))
        .collect();
    assert_eq!(typed, "Ada\rmore\r");
    let said = stack.baton(&["audit", "verify", &run]).await;
    assert!(!said.contains("broken"), "{said}");
    let cast = stack.folder().join("run.cast").display().to_string();
    stack.baton(&["replay", &run, "--output", &cast]).await;
    let played = played(&std::fs::read_to_string(cast).expect("a recording"));
    for shown in ["name?", "hello Ada", "and more"] {
        assert!(played.contains(shown), "{shown}: {played}");
    }
    // Whoever owns the database can change what was typed, and is found out.
    execute(
        &stack.database.url(),
        "SET session_replication_role = replica; \
         UPDATE task_run_inputs SET text = 'Eve' || chr(13) WHERE text = 'Ada' || chr(13)",
    );
    let mut verify = stack.process(&["audit", "verify", &run]);
    let status = verify.wait().await;
    assert!(!status.success(), "{}", verify.log());
    assert!(verify.log().contains("record 1"), "{}", verify.log());
    stack.stop().await;
}

// B-05
#[tokio::test]
async fn a_revoked_grant_types_nothing_after_the_answer() {
    let stack = Stack::start(Plan::default()).await;
    let typed = stack.folder().join("typed");
    let script = format!("stty raw; : > {0}; echo ready; cat >> {0}", typed.display());
    let run = id(&stack.client.submit(&asking(&script)).await);
    until(&stack, &run, "ready").await;
    let body = json!({"ttlMinutes": 5, "reason": "to type without end"});
    let granted = Granted::read(&post(&stack, &run, "grant-write", body).await);
    let mut typing = Viewer::join(&stack.client, &run, "agent", Some(granted)).await;
    typing.sees("ready").await;
    let client = stack.client.clone();
    let path = format!("/api/task-runs/{run}/live-session/revoke-write");
    let revoke = async move { client.post(&path, &json!({"note": "enough"})).await };
    tokio::pin!(revoke);
    let mut sent = 0_usize;
    let answer = loop {
        tokio::select! {
            answer = &mut revoke, if sent >= 20 => break answer,
            _ = typing.send(b"x") => sent += 1,
        }
    };
    let answer: Value = answer.json().await.expect("an answer");
    assert_eq!(answer["effective"], true, "{answer:#}");
    // The answer is here: from now on nothing is typed. The gate's words say how much was before.
    let after = typing.send(b"y").await;
    let mut accepted = 0_usize;
    let refused = loop {
        match typing.next().await {
            baton_wire::Frame::Accepted { .. } => accepted += 1,
            baton_wire::Frame::Refused(refused) if refused.seq == Some(after) => break refused,
            _ => {}
        }
    };
    assert!(!refused.reason.is_empty());
    assert!(accepted <= sent, "{accepted} of {sent}");
    let content = std::fs::read_to_string(&typed).expect("what was typed");
    assert!(!content.contains('y'), "{content}");
    stack.baton(&["runs", "cancel", &run]).await;
    stack.client.ended(&run).await;
    stack.stop().await;
}

// B-07 B-02
#[tokio::test]
async fn a_viewer_who_comes_after_the_worker_was_killed_sees_the_last_screen_and_all_before() {
    let mut stack = Stack::start(Plan {
        lease_seconds: 60,
        ..Plan::default()
    })
    .await;
    let script = "for n in $(seq 1 200); do echo \"line $n\"; done; echo the last words; sleep 600";
    let run = id(&stack.client.submit(&asking(script)).await);
    until(&stack, &run, "ready").await;
    let mut before = Viewer::join(&stack.client, &run, "agent", None).await;
    before.sees("the last words").await;
    let epoch = before.hello.epoch;
    drop(before);
    stack.workers[0].kill9().await;
    let mut after = Viewer::join(&stack.client, &run, "agent", None).await;
    after.sees("the last words").await;
    assert_eq!(after.hello.epoch, epoch);
    let recording = stack
        .client
        .text(&format!("/api/task-runs/{run}/recording"))
        .await;
    let played = played(&recording);
    for line in ["line 1\r\n", "line 200\r\n", "the last words"] {
        assert!(played.contains(line), "{line}: {played}");
    }
    assert!(session(&stack, &run).await["status"].is_string());
    stack.baton(&["runs", "cancel", &run]).await;
}

// B-02
#[tokio::test]
async fn a_stopped_api_and_a_viewer_that_reads_nothing_do_not_hold_up_the_agent() {
    let stack = Stack::start(Plan::default()).await;
    let counter = stack.folder().join("counter");
    let script = format!(
        "n=0; while :; do n=$((n+1)); echo \"line $n\"; echo $n > {}; done",
        counter.display()
    );
    let run = id(&stack.client.submit(&asking(&script)).await);
    until(&stack, &run, "ready").await;
    let mut frozen = Viewer::join(&stack.client, &run, "agent", None).await;
    frozen.sees("line").await;
    let count = || {
        let text = std::fs::read_to_string(&counter).unwrap_or_default();
        text.trim().parse::<u64>().unwrap_or_default()
    };
    // More than a viewer's queue, the API's ring and every pipe between hold.
    grows(count, 20_000).await;
    stack.api.signal(Signal::SIGSTOP);
    grows(count, 20_000).await;
    stack.api.signal(Signal::SIGCONT);
    stack.baton(&["runs", "cancel", &run]).await;
    stack.client.ended(&run).await;
    drop(frozen);
    stack.stop().await;
}

/// What a recording shows, one piece after the other: where it was cut into pieces is chance.
fn played(recording: &str) -> String {
    let lines = recording.lines().skip(1);
    let events = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let output = events.filter(|event| event[1] == "o");
    output
        .map(|event| event[2].as_str().expect("output").to_owned())
        .collect()
}

/// Waits until a number has grown by so much, for as long as it grows.
async fn grows(number: impl Fn() -> u64, by: u64) {
    let mut poll = tokio::time::interval(Duration::from_millis(20));
    let patience = Duration::from_secs(60);
    let mut deadline = Instant::now() + patience;
    // One that is being written may be read as nothing.
    let mut seen = 0;
    let mut from = None;
    while from.is_none_or(|from| seen < from + by) {
        poll.tick().await;
        assert!(Instant::now() < deadline, "it stands at {seen}");
        let now = number();
        if now > seen {
            seen = now;
            deadline = Instant::now() + patience;
        }
        if from.is_none() && seen > 0 {
            from = Some(seen);
        }
    }
}

// B-05 H-11
#[tokio::test]
async fn a_grant_ends_by_its_time_while_the_broker_is_away() {
    let mut stack = Stack::start(Plan::default()).await;
    let run = id(&stack.client.submit(&asking("cat")).await);
    until(&stack, &run, "ready").await;
    let body = json!({"ttlMinutes": 1, "reason": "a minute is enough"});
    let granted = post(&stack, &run, "grant-write", body).await;
    let until = granted["grantedUntil"].as_str().expect("a time");
    let until: DateTime<Utc> = until.parse().expect("a time");
    stack.broker.stop().await;
    let mut poll = tokio::time::interval(Duration::from_millis(200));
    // Nobody can be heard meanwhile: it is given time to notice.
    while SystemClock.now() < until + TimeDelta::seconds(5) {
        poll.tick().await;
    }
    let back = SystemClock.now();
    stack.broker.start_again().await;
    let path = format!("/api/task-runs/{run}/control-events?action=write_ended");
    let page = stack
        .client
        .until_at(&path, |page| page["events"][0].is_object())
        .await;
    let ended = &page["events"][0];
    assert_eq!(ended["metadata"]["cause"], "expired", "{ended:#}");
    let at = ended["createdAt"].as_str().expect("a time");
    let at: DateTime<Utc> = at.parse().expect("a time");
    assert!(at < back, "it ended at {at}, the broker was back at {back}");
    stack.baton(&["runs", "cancel", &run]).await;
    stack.client.ended(&run).await;
    stack.stop().await;
}
