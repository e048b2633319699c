//! A run's terminal in an operator's own: watched, typed into for as long as that is granted, left.

use baton_domain::TerminalSize;
use baton_testkit::git::SampleRepository;
use serde_json::{Value, json};

use crate::stack::{Granted, Plan, Stack, Viewer, Window, id};

/// A run that waits for lines and says them back, whose session is ready.
async fn echoing(stack: &Stack) -> String {
    let script = "echo who?; while read line; do echo \"heard $line\"; done";
    let body = json!({
        "type": "command",
        "task": {"argv": ["sh", "-c", script]},
        "liveSession": {"enabled": true},
    });
    shown(stack, &body).await
}

/// A run whose session is ready.
async fn shown(stack: &Stack, body: &Value) -> String {
    let run = id(&stack.client.submit(body).await);
    let path = format!("/api/task-runs/{run}/live-session");
    let ready = |session: &Value| session["status"] == "ready";
    stack.client.until_at(&path, ready).await;
    run
}

/// Leaves by the key for it; the window is as it was, and says that the run goes on.
async fn leave(mut window: Window, key: &[u8]) {
    window.press(key).await;
    let (status, text) = window.ends().await;
    assert!(status.success(), "{text}");
    assert!(text.contains("detached; the run goes on"), "{text}");
}

// B-02
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_watched_in_a_window_of_any_size_and_left() {
    let stack = Stack::start(Plan::default()).await;
    let run = echoing(&stack).await;
    let mut window = stack.window(130, &["attach", &run, "--detach-key", "ctrl-b"]);
    window.shows("who?").await;
    window.shows("watching").await;
    window.shows("Ctrl-B leaves").await;
    window.press(b"not heard\r").await;
    window.shows("your keys go nowhere").await;
    // The run's terminal keeps its size; the window shows a part of it.
    window.resize(60, 10);
    window
        .shows("watching · your keys go nowhere · Ctrl-B")
        .await;
    window.resize(100, 10);
    window.shows("120x40 is more than fits here").await;
    let session = stack
        .ask(&["sessions", "show", &run, "--json"])
        .await
        .json();
    assert_eq!(session["status"], "ready", "{session:#}");
    leave(window, b"\x02").await;
    let log = stack.ask(&["attach", &run]).await.failed(1);
    assert!(log.contains("--plain"), "{log}");
    let mut plain = stack.process(&["attach", &run, "--plain"]);
    // It watches: the end that comes now is one that it sees.
    plain.wait_for_line("who?").await;
    stack
        .ask(&["runs", "cancel", &run, "--follow"])
        .await
        .done();
    assert!(plain.wait().await.success(), "{}", plain.log());
    assert!(!plain.log().contains("heard"), "{}", plain.log());
    stack.stop().await;
}

// B-05 H-11
#[tokio::test(flavor = "multi_thread")]
async fn who_is_granted_it_types_until_it_is_taken_away_and_sees_why() {
    let stack = Stack::start(Plan::default()).await;
    let run = echoing(&stack).await;
    let write = [
        "attach",
        &run,
        "--write",
        "--reason",
        "it asks",
        "--minutes",
        "5",
    ];
    let mut other = stack.window(200, &["attach", &run]);
    other.shows("who?").await;
    let mut window = stack.window(200, &write);
    window.shows("you type, 4:").await;
    window.press(b"Ada\r").await;
    window.shows("heard Ada").await;
    // Everybody else sees who it is, and what for.
    other.shows("tester types, 4:").await;
    other.shows("it asks").await;
    leave(other, b"\x1d").await;
    // Taken away while keys are on their way.
    let take = ["sessions", "revoke-write", &run, "--note", "enough"];
    let taking = stack.asking(&take);
    for _ in 0..20 {
        window.press(b"x").await;
    }
    taking.ends().await.done();
    window.shows("the right to type was revoked").await;
    window.press(b"late\r").await;
    window.shows("your keys go nowhere").await;
    leave(window, b"\x1d").await;
    // Whoever leaves gives it back at once.
    let mut again = stack.window(200, &write);
    again.shows("you type, 4:").await;
    again.press(b"\x15Grace\r").await;
    again.shows("heard Grace").await;
    assert!(
        !again.screen.text().contains("late"),
        "{}",
        again.screen.text()
    );
    leave(again, b"\x1d").await;
    let path = format!("/api/task-runs/{run}/live-session");
    let free = |session: &Value| session["status"] == "ready" && session["writer"].is_null();
    stack.client.until_at(&path, free).await;
    // The end of the run ends the window, which says how.
    let mut last = stack.window(200, &["attach", &run]);
    last.shows("heard Grace").await;
    stack
        .ask(&["runs", "cancel", &run, "--follow"])
        .await
        .done();
    let (_, text) = last.ends().await;
    assert!(text.contains("the terminal has ended"), "{text}");
    stack.stop().await;
}

// B-05 H-11
#[tokio::test(flavor = "multi_thread")]
async fn a_right_to_type_is_asked_for_renewed_taken_over_and_given_back() {
    let stack = Stack::start(Plan::default()).await;
    let grace = stack.token(&["--name", "grace", "--role", "operator"]);
    let run = echoing(&stack).await;
    let sessions = |words: &[&'static str]| {
        let line = [&["sessions"], &words[..1], &[run.as_str()], &words[1..]].concat();
        line.into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    let ask = async |words: &[&'static str]| {
        let line = sessions(words);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        stack.ask(&line).await
    };
    let grant = ask(&["grant", "--reason", "it asks", "--minutes", "5", "--json"]).await;
    let grant = grant.json();
    assert_eq!(grant["effective"], true, "{grant:#}");
    assert!(grant["writeKey"].is_string(), "{grant:#}");
    let path = format!("/api/task-runs/{run}/live-session");
    let recorded = |session: &Value| session["writer"]["grantId"] == grant["grantId"];
    stack.client.until_at(&path, recorded).await;
    let shown = ask(&["show"]).await.done();
    let writer = shown.lines().find(|line| line.starts_with("may type"));
    let writer = writer.expect("somebody may type");
    assert!(
        writer.contains("tester until ") && writer.contains("it asks"),
        "{shown}"
    );
    assert!(!shown.contains(grant["writeKey"].as_str().expect("a key")));
    // Another one is told who has it, and may take it over.
    let taking = sessions(&["grant", "--reason", "my turn"]);
    let taking: Vec<&str> = taking.iter().map(String::as_str).collect();
    let refused = stack.ask_as(&grace, &taking).await.failed(4);
    assert!(refused.contains("tester"), "{refused}");
    let renewed = ask(&["renew", "--minutes", "10", "--json"]).await.json();
    assert_ne!(renewed["session"]["writer"]["until"], grant["grantedUntil"]);
    let taking = [&taking[..], &["--take-over"]].concat();
    stack.ask_as(&grace, &taking).await.done();
    let refused = ask(&["renew"]).await.failed(4);
    assert!(refused.contains("grace"), "{refused}");
    let released = sessions(&["release"]);
    let released: Vec<&str> = released.iter().map(String::as_str).collect();
    stack.ask_as(&grace, &released).await.done();
    let refused = stack.ask_as(&grace, &released).await.failed(4);
    assert!(!refused.is_empty(), "{refused}");
    // The session ends, the run goes on; it can be enabled once more.
    let said = ask(&["revoke", "--note", "seen enough"]).await.done();
    assert!(said.contains("the run goes on"), "{said}");
    let over = |session: &Value| session["status"] == "revoked";
    stack.client.until_at(&path, over).await;
    let refused = ask(&["grant", "--reason", "too late"]).await.failed(4);
    assert!(refused.contains("revoked"), "{refused}");
    let refused = stack.ask(&["attach", &run, "--plain"]).await.failed(4);
    assert!(
        refused.contains("an operator can start it again"),
        "{refused}"
    );
    ask(&["enable", "--minutes", "30"]).await.done();
    let ready = |session: &Value| session["status"] == "ready";
    let session = stack.client.until_at(&path, ready).await;
    assert_eq!(session["generation"], 2, "{session:#}");
    stack
        .ask(&["runs", "cancel", &run, "--follow"])
        .await
        .done();
    let refused = ask(&["enable"]).await.failed(4);
    assert!(refused.contains("the run is cancelled"), "{refused}");
    stack.stop().await;
}

// B-02 B-05
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_works_in_the_runs_shell_and_gives_it_another_size() {
    let repository = SampleRepository::new();
    let stack = Stack::start(Plan::default()).await;
    let body = json!({
        "type": "command",
        "repository": repository.url(),
        "task": {"argv": ["sleep", "600"]},
        "liveSession": {"enabled": true},
    });
    let run = shown(&stack, &body).await;
    let watch = ["attach", &run, "--terminal", "shell"];
    let write = ["--write", "--reason", "a look", "--minutes", "5"];
    let mut other = stack.window(200, &watch);
    other.shows("watching").await;
    let mut window = stack.window(200, &[&watch[..], &write].concat());
    window.shows("you type, 4:").await;
    let keys = b"echo by-hand > note.txt; echo there: $(cat note.txt)\r";
    window.press(keys).await;
    window.shows("there: by-hand").await;
    other.shows("there: by-hand").await;
    let state = stack.folder().join("worker-1");
    let note = state.join(format!("runs/{run}/1/repo/note.txt"));
    assert_eq!(std::fs::read_to_string(note).expect("a file"), "by-hand\n");
    leave(window, b"\x1d").await;
    // Whoever may type gives it another size, for everybody.
    let path = format!("/api/task-runs/{run}/live-session/grant-write");
    let wish = json!({"ttlMinutes": 5, "reason": "a smaller one", "terminals": ["shell"]});
    let granted = stack.client.post(&path, &wish).await;
    let granted: Value = granted.json().await.expect("a grant");
    let granted = Granted::read(&granted);
    let mut holder = Viewer::join(&stack.client, &run, "shell", Some(granted)).await;
    holder
        .types(b"echo mine: $((40+2))\r")
        .await
        .expect("it may type");
    holder.sees("mine: 42").await;
    let size = TerminalSize::new(90, 20).expect("a size");
    holder.resizes(size).await;
    holder.types(b"stty size\r").await.expect("it may type");
    other.shows("20 90").await;
    leave(other, b"\x1d").await;
    stack
        .ask(&["runs", "cancel", &run, "--follow"])
        .await
        .done();
    stack.stop().await;
}

// H-11
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_while_somebody_types_under_the_old_one() {
    let mut stack = Stack::start(Plan::default()).await;
    let run = echoing(&stack).await;
    let write = ["attach", &run, "--write", "--reason", "it asks"];
    // Nobody watched before.
    let mut window = stack.window(200, &write);
    window.shows("you type").await;
    let keys = stack.folder().join("session-keys.json");
    let keys = keys.display().to_string();
    let said = stack.ask(&["keys", "rotate", &keys]).await.done();
    assert!(said.contains("start every API again"), "{said}");
    stack.api.stop().await;
    stack.api.start_again();
    let ready = stack.client.url("/health/ready");
    stack.api.wait_for_ok(&ready).await;
    // Over the new connection, under the grant that the old key has signed.
    window.press(b"Ada\r").await;
    window.shows("heard Ada").await;
    let said = stack.ask(&["keys", "reseal", "--json"]).await.json();
    assert!(
        said["keyId"].is_string() && said["failed"] == json!([]),
        "{said:#}"
    );
    let kept = std::fs::read_to_string(&keys).expect("the keys");
    assert!(kept.contains(said["keyId"].as_str().expect("an id")));
    leave(window, b"\x1d").await;
    let mut again = stack.window(200, &write);
    again.shows("you type").await;
    again.press(b"Grace\r").await;
    again.shows("heard Grace").await;
    leave(again, b"\x1d").await;
    stack
        .ask(&["runs", "cancel", &run, "--follow"])
        .await
        .done();
    stack.stop().await;
}
