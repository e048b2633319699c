//! The agent's side of a host, as a program speaks it that knows the socket's words alone; and the
//! worker's words.

use std::{fs::File, os::fd::AsRawFd};

use baton_domain::MessageKind;
use baton_terminal::{AgentMessage, Hold, Hosted, attach};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::UnixStream,
    time::timeout,
};
use uuid::Uuid;

use crate::bench::{Bench, Heard, PATIENCE, hear};

/// A call: it is gone when this is dropped.
pub(crate) struct Call(BufStream<UnixStream>);

impl Call {
    pub(crate) async fn begin(bench: &Bench, word: &Value) -> Self {
        let folder = File::open(bench.host()).unwrap();
        let path = format!("/proc/self/fd/{}/agent.sock", folder.as_raw_fd());
        let mut call = Self(BufStream::new(UnixStream::connect(path).await.unwrap()));
        call.say(word).await;
        call
    }

    pub(crate) async fn say(&mut self, word: &Value) {
        self.0
            .write_all(format!("{word}\n").as_bytes())
            .await
            .unwrap();
        self.0.flush().await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> Value {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.0.read_line(&mut line)).await;
        assert!(read.expect("a word in time").unwrap() > 0, "it hung up");
        serde_json::from_str(&line).unwrap()
    }

    /// Hears that it may go on, and says that what it was given is handed over.
    pub(crate) async fn take(&mut self) -> Vec<String> {
        let go = self.hear().await;
        assert_eq!(go["say"], "go", "{go}");
        let messages = go["messages"].as_array().cloned().unwrap_or_default();
        let ids: Vec<&Value> = messages.iter().map(|message| &message["id"]).collect();
        if !ids.is_empty() {
            self.say(&json!({ "say": "done", "ids": ids })).await;
            assert_eq!(self.hear().await["say"], "noted");
        }
        let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
        messages.iter().map(text).collect()
    }
}

/// A checkpoint of a session.
pub(crate) fn at(at: &str, tool_use: &str) -> Value {
    let via = match at {
        "beforeTool" => "PreToolUse",
        "afterTool" => "PostToolUse",
        "permission" => "PermissionRequest",
        "turnEnd" => "Stop",
        "context" => "SessionStart",
        _ => "step",
    };
    let mut word = json!({ "say": "checkpoint", "baton": 1, "at": at, "via": via });
    if matches!(at, "beforeTool" | "afterTool" | "permission") {
        word["tool"] = "Bash".into();
        word["toolUse"] = tool_use.into();
    }
    if at != "step" {
        word["session"] = "main".into();
    }
    word
}

/// Passes a checkpoint; the texts that were handed over.
pub(crate) async fn pass(bench: &Bench, word: &Value) -> Vec<String> {
    Call::begin(bench, word).await.take().await
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn hold(number: u128) -> Hold {
    Hold {
        id: id(number),
        label: format!("anna: reason {number}"),
        turns: None,
    }
}

pub(crate) fn message(number: u128, kind: MessageKind) -> AgentMessage {
    AgentMessage {
        id: id(number),
        kind,
        from: "operator anna".to_owned(),
        text: format!("text {number}"),
    }
}

/// Holds the agent, and waits until the host knows.
pub(crate) async fn held_by(hosted: &mut Hosted, heard: &mut Heard, number: u128) {
    hosted.remote().hold(Some(hold(number)));
    hear(hosted, heard, |heard| heard.status.hold == Some(id(number))).await;
}

/// Lets it go, and waits until the host knows.
pub(crate) async fn let_go(hosted: &mut Hosted, heard: &mut Heard) {
    hosted.remote().hold(None);
    hear(hosted, heard, |heard| heard.status.hold.is_none()).await;
}

/// Tells messages, as another worker does, and waits until the host holds them.
pub(crate) async fn told(bench: &Bench, messages: &[AgentMessage]) {
    told_after(bench, &[], messages).await;
}

/// The same, after it has told some that the host has had already.
pub(crate) async fn told_after(bench: &Bench, again: &[AgentMessage], messages: &[AgentMessage]) {
    let mut hosted = attach(&bench.host()).await.unwrap();
    let wanted = hosted.status().pending + u32::try_from(messages.len()).unwrap();
    for message in again.iter().chain(messages) {
        hosted.remote().tell(message.clone());
    }
    let is_told = |heard: &Heard| heard.status.pending == wanted;
    hear(&mut hosted, &mut Heard::default(), is_told).await;
}
