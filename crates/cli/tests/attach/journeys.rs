//! What somebody at a terminal sees and does.

use std::process::Stdio;

use baton_wire::{Frame, terminal::Exit};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;
use tokio::process::Command;

use crate::{
    api::{Api, GRANT, RUN, gate, grant, session},
    window::Window,
};

/// A window with `baton attach` in it.
fn watching(api: &Api, cols: u16, more: &[&str]) -> Window {
    let command = pty_process::Command::new(env!("CARGO_BIN_EXE_baton"))
        .args(["attach", RUN, "--api-url"])
        .arg(format!("http://{}", api.address))
        .args(more)
        .env_remove("BATON_TOKEN")
        .env("NO_PROXY", "*");
    Window::open(command, cols, 12)
}

// B-02
#[tokio::test]
async fn it_is_watched_through_a_lost_connection_and_left_by_a_key() {
    let api = Api::listen().await;
    let mut window = watching(&api, 60, &[]);
    let mut viewer = api.viewer().await;
    assert!(matches!(viewer.heard().await, Frame::Subscribe(wish) if wish.offset.is_none()));
    viewer.hello(json!({})).await;
    viewer.snapshot(5, "ready $ ").await;
    window.shows("ready $").await;
    window.shows("watching").await;
    // The run's program asks; the window's own terminal never hears of it.
    viewer.output(5, "\x1b[c\x1b[6n\x1b]11;?\x07one").await;
    window.shows("ready $ one").await;
    window.press(b"nobody may type").await;
    drop(viewer);

    let mut viewer = api.viewer().await;
    let Frame::Subscribe(wish) = viewer.heard().await else {
        panic!("no subscription");
    };
    assert_eq!((wish.epoch, wish.offset), (Some(7), Some(22)));
    viewer.hello(json!({})).await;
    viewer.output(19, "one two").await;
    window.shows("ready $ one two").await;

    window.resize(36, 5);
    window.shows("agent · watching").await;
    window.shows("ready $ one two").await;
    let asked = [&b"\x1b[c"[..], b"\x1b[6n", b"\x1b]11"];
    let written = &window.written;
    assert!(!asked.iter().any(|question| {
        written
            .windows(question.len())
            .any(|bytes| bytes == *question)
    }));
    window.press(b"\x1d").await;
    let (status, text) = window.ends().await;
    assert!(
        status.success() && text.contains("detached; the run goes on"),
        "{text}"
    );
}

// B-05
#[tokio::test]
async fn the_holder_of_a_grant_types_until_it_is_taken_over_and_gives_it_back() {
    let api = Api::listen().await;
    let flags = ["--write", "--reason", "a question", "--minutes", "5"];
    let mut window = watching(&api, 80, &flags);
    let (line, body) = api.answer("200 OK", &grant()).await;
    assert!(line.starts_with(&format!(
        "POST /api/task-runs/{RUN}/live-session/grant-write "
    )));
    assert_eq!(body["reason"], "a question");
    assert_eq!(body["ttlMinutes"], 5);
    let mut viewer = api.viewer().await;
    assert!(matches!(
        viewer.heard().await,
        Frame::Subscribe(wish) if wish.write_key.as_deref() == Some("the-key")
    ));
    viewer.hello(gate("ada", GRANT, 2)).await;
    viewer.snapshot(0, "answer? ").await;
    window.shows("you type, 1:").await;
    // An answer of the window's terminal to somebody else's question is not typed.
    window.press(b"\x1b[?62;22cyes\r").await;
    let Frame::Input(input) = viewer.heard().await else {
        panic!("no input");
    };
    assert_eq!(
        (&input.bytes[..], input.seq.0, input.fence.get()),
        (&b"yes\r"[..], 1, 2)
    );
    viewer
        .writer(gate("grace", "019a2b3c-4d5e-7f60-8a1b-000000000000", 3))
        .await;
    window.shows("grace types, 1:").await;
    window.press(b"late").await;
    window.press(b"\x1d").await;
    let (line, _) = api
        .answer("200 OK", &json!({"session": session(), "effective": true}))
        .await;
    assert!(line.contains("/live-session/release-write "), "{line}");
    assert!(window.ends().await.0.success());
}

#[tokio::test]
async fn a_signal_gives_the_terminal_back() {
    let api = Api::listen().await;
    let mut window = watching(&api, 60, &[]);
    let mut viewer = api.viewer().await;
    viewer.hello(json!({})).await;
    viewer.snapshot(0, "here").await;
    window.shows("here").await;
    let pid = i32::try_from(window.child.id().expect("it runs")).expect("a process id");
    kill(Pid::from_raw(pid), Signal::SIGTERM).expect("it runs");
    assert!(window.ends().await.0.success());
}

#[tokio::test]
async fn the_end_of_the_terminal_is_told() {
    let api = Api::listen().await;
    let mut window = watching(&api, 60, &[]);
    let mut viewer = api.viewer().await;
    viewer.hello(json!({})).await;
    viewer.snapshot(0, "here").await;
    window.shows("here").await;
    let exit = Exit {
        code: Some(3),
        signal: None,
    };
    viewer.say(Frame::Exit { offset: 4, exit }).await;
    let (status, text) = window.ends().await;
    assert!(status.success() && text.contains("exit code 3"), "{text}");
}

#[tokio::test]
async fn a_session_that_cannot_be_watched_says_why() {
    let api = Api::listen().await;
    let window = watching(&api, 80, &[]);
    let problem = json!({
        "type": "urn:baton:problem:conflict", "title": "the state forbids it", "status": 409,
        "detail": "the live session is disabled: enable it first",
    });
    api.answer("409 Conflict", &problem).await;
    let (status, text) = window.ends().await;
    assert_eq!(status.code(), Some(4));
    assert!(text.contains("enable it first"), "{text}");
}

#[tokio::test]
async fn without_a_terminal_it_prints_text_or_says_how() {
    let api = Api::listen().await;
    let url = format!("http://{}", api.address);
    let attach = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        command.args(["attach", RUN, "--api-url", &url]).args(more);
        command.env_remove("BATON_TOKEN").env("NO_PROXY", "*");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    let refused = attach(&[]).output().await.expect("it runs");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--plain"));

    let plain = attach(&["--plain"]).spawn().expect("it starts");
    let mut viewer = api.viewer().await;
    viewer.hello(json!({})).await;
    viewer.snapshot(3, "\x1b[31mred\x1b[0m").await;
    viewer.output(3, "one\r\n\x1b[1mtwo\x1b[0m\r\n").await;
    viewer
        .say(Frame::Exit {
            offset: 9,
            exit: Exit::default(),
        })
        .await;
    let printed = plain.wait_with_output().await.expect("it ends");
    assert_eq!(String::from_utf8_lossy(&printed.stdout), "red\none\ntwo\n");
    assert!(printed.status.success());
}
