//! Terminals as the broker has them: what they show, and what is typed into them.

use std::time::Duration;

use baton_bus::{Fed, TerminalFeed};
use baton_domain::{
    Attempt, Channel, Clock, Fence, GrantId, Provider, Role, RunId, SystemClock, TerminalName,
};
use baton_keys::KeySet;
use baton_wire::{
    ControlCommand, Event, Frame, Gate, GrantMessage, GrantStep, TerminalMessage, Writer,
    http::PublicKeys,
    terminal::{Input, TypedSeq},
};
use baton_worker::Recording;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::bench::{Bench, Story};

const PATIENCE: Duration = Duration::from_secs(60);
const AGENT: TerminalName = TerminalName::Agent;

fn sh(script: &str) -> Value {
    json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } })
}

/// What was seen of a terminal.
pub(crate) struct Seen {
    feed: TerminalFeed,
    all: Vec<Fed>,
    text: String,
}

impl Seen {
    pub(crate) async fn of(bench: &Bench, run: RunId, terminal: TerminalName) -> Self {
        let worker = &bench.options.worker;
        let feed = bench.bus.terminal_feed(run, terminal, worker).await;
        Self {
            feed: feed.unwrap(),
            all: Vec::new(),
            text: String::new(),
        }
    }

    /// Looks until a frame is as wanted, or the text is.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Frame, &str) -> bool) {
        let seen = timeout(PATIENCE, async {
            while let Some(fed) = self.feed.next().await {
                match &fed.frame {
                    Frame::Output { bytes, .. } => {
                        self.text += &String::from_utf8_lossy(bytes);
                    }
                    Frame::Snapshot { snapshot, .. } => {
                        self.text += &String::from_utf8_lossy(&snapshot.dump);
                    }
                    _ => {}
                }
                let found = wanted(&fed.frame, &self.text);
                self.all.push(fed);
                if found {
                    return;
                }
            }
        });
        let in_time = seen.await.is_ok();
        let last: String = self.text.chars().rev().take(200).collect();
        let last: String = last.chars().rev().collect();
        assert!(in_time, "not seen in time; the last of it: {last}");
    }

    pub(crate) async fn until_text(&mut self, text: &str) {
        self.until(|_, seen| seen.contains(text)).await;
    }
}

/// The keys by which the API says who may type, as the workers of a bench get them.
pub(crate) fn keys(bench: &Bench) -> KeySet {
    let keys = KeySet::generate().unwrap();
    let public = keys.public();
    let public = PublicKeys {
        keys: public.iter().map(baton_keys::PublicKey::to_wire).collect(),
    };
    let public = serde_json::to_value(public).unwrap();
    bench.sink.answer("/api/keys", public);
    keys
}

/// A session for viewers of the page.
pub(crate) fn enable() -> ControlCommand {
    ControlCommand::EnableSession {
        provider: Provider::Web,
        ttl_seconds: None,
        note: None,
    }
}

/// Somebody may type from now on, as the API says it.
pub(crate) fn grant(run: RunId, keys: &KeySet, fence: u64, step: GrantStep) -> GrantMessage {
    let fence = Fence::new(fence).unwrap();
    let id = GrantId::from_uuid(Uuid::from_u128(7));
    let writer = (step == GrantStep::Granted).then(|| Writer {
        grant: id,
        holder: "ada".to_owned().try_into().unwrap(),
        role: Role::Operator,
        channel: Channel::Web,
        terminals: vec![TerminalName::Agent, TerminalName::Shell],
        ttl_ms: 60_000,
        reason: "a test".to_owned(),
        key_sha256: "0".repeat(64),
    });
    let gate = Gate {
        version: Gate::VERSION,
        run,
        attempt: Attempt::FIRST,
        fence,
        writer: writer.clone(),
    };
    GrantMessage {
        run,
        id: Uuid::now_v7(),
        actor: "ada".to_owned().try_into().unwrap(),
        at: SystemClock.now(),
        step,
        fence,
        grant: id,
        writer,
        note: None,
        signed: keys.sign(&gate),
    }
}

pub(crate) fn input(seq: u64, fence: u64, text: &str) -> TerminalMessage {
    TerminalMessage {
        attempt: Attempt::FIRST,
        epoch: 0,
        frames: vec![Frame::Input(Input {
            grant: GrantId::from_uuid(Uuid::from_u128(7)),
            fence: Fence::new(fence).unwrap(),
            seq: TypedSeq(seq),
            bytes: Bytes::copy_from_slice(text.as_bytes()),
        })],
    }
}

// H-08
#[tokio::test(flavor = "multi_thread")]
async fn what_a_terminal_shows_is_seen_live_and_by_whoever_joins_later() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "echo begun; for f in more end; do until [ -e {}/$f ]; do sleep 0.02; done; echo $f; done",
        folder.path().display()
    );
    let run = bench.submit(sh(&script)).await;
    let mut early = Seen::of(&bench, run, AGENT).await;
    early.until_text("begun").await;
    worker.crash().await;
    // Nobody is there to ask: the broker has it.
    let mut late = Seen::of(&bench, run, AGENT).await;
    late.until_text("begun").await;
    let worker = bench.work();
    std::fs::write(folder.path().join("more"), "").unwrap();
    late.until_text("more").await;
    early.until_text("more").await;
    std::fs::write(folder.path().join("end"), "").unwrap();
    let ended = |frame: &Frame, _: &str| matches!(frame, Frame::Exit { .. });
    late.until(ended).await;
    early.until(ended).await;
    let epoch = early.all[0].epoch;
    let same = |seen: &Seen| seen.all.iter().all(|fed| fed.epoch == epoch);
    assert!(same(&early) && same(&late));
    bench.end(run).await;
    worker.leave().await;
}

// H-12
#[tokio::test(flavor = "multi_thread")]
async fn without_recording_a_terminal_leaves_the_worker_only_while_a_session_shows_it() {
    let mut bench = Bench::new().await;
    bench.options.session.recording = Recording::Off;
    let worker = bench.work();
    let run = bench.submit(sh("echo begun; sleep 300")).await;
    let begun = |story: &Story| story.output().contains("begun");
    bench.story(run, begun).await;
    let mut seen = Seen::of(&bench, run, AGENT).await;
    bench.command(run, enable()).await;
    seen.until_text("begun").await;
    bench.cancel(run).await;
    bench.end(run).await;
    let recording = bench.sink.text(&format!("{run}/1/recording/agent.cast"));
    assert_eq!(recording, None);
    worker.leave().await;
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_not_in_the_feed() {
    let mut bench = Bench::new().await;
    let secret = "hunter2-hunter2-hunter2";
    let given = ("DEPLOY_PASS".into(), secret.into());
    bench.options.environment.push(given);
    bench.options.task_secrets = ["DEPLOY_PASS".to_owned()].into();
    let worker = bench.work();
    let mut request = sh(
        "echo \"it is $PASS.\"; printf '%s' \"$PASS\" | cut -c1-9 | tr -d '\\n'; sleep 0.1; printf '%s\\n' \"$PASS\" | cut -c10-; echo over",
    );
    request["task"]["secrets"] = json!([{"name": "PASS", "from": "env:DEPLOY_PASS"}]);
    let run = bench.submit(request).await;
    let mut seen = Seen::of(&bench, run, AGENT).await;
    seen.until(|frame, _| matches!(frame, Frame::Exit { .. }))
        .await;
    assert!(!seen.text.contains(secret), "{}", seen.text);
    assert!(
        seen.text
            .contains(&format!("it is {}.", "*".repeat(secret.len()))),
        "{}",
        seen.text
    );
    bench.end(run).await;
    worker.leave().await;
}

// H-11
#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_the_grant_types_through_the_worker() {
    let bench = Bench::new().await;
    let keys = keys(&bench);
    let worker = bench.work();
    let run = bench
        .submit(sh(
            "echo begun; read line; echo \"got $line\"; read line; echo \"then $line\"",
        ))
        .await;
    let mut seen = Seen::of(&bench, run, AGENT).await;
    seen.until_text("begun").await;
    bench.command(run, enable()).await;
    bench
        .story(run, |story| {
            story.has(|e| matches!(e, Event::SessionReady(_)))
        })
        .await;
    let id = &bench.options.worker;
    // Before anybody may, nothing is typed.
    bench
        .bus
        .type_in(id, run, AGENT, &input(1, 1, "no\n"))
        .await
        .unwrap();
    seen.until(|frame, _| matches!(frame, Frame::Refused(_)))
        .await;
    bench
        .bus
        .push_gate(id, &grant(run, &keys, 1, GrantStep::Granted))
        .await
        .unwrap();
    let open = |frame: &Frame, _: &str| matches!(frame, Frame::Writer { gate, .. } if gate.writer.is_some());
    seen.until(open).await;
    bench
        .bus
        .type_in(id, run, AGENT, &input(1, 1, "one\n"))
        .await
        .unwrap();
    seen.until(|frame, _| matches!(frame, Frame::Accepted { .. }))
        .await;
    seen.until_text("got one").await;
    bench
        .bus
        .push_gate(id, &grant(run, &keys, 2, GrantStep::Revoked))
        .await
        .unwrap();
    let shut = |frame: &Frame, _: &str| matches!(frame, Frame::Writer { gate, .. } if gate.writer.is_none());
    seen.until(shut).await;
    bench
        .bus
        .type_in(id, run, AGENT, &input(2, 1, "two\n"))
        .await
        .unwrap();
    seen.until(|frame, _| matches!(frame, Frame::Refused(_)))
        .await;
    bench.cancel(run).await;
    let story = bench.end(run).await;
    assert!(!story.output().contains("then"), "{}", story.output());
    let kinds = story.kinds();
    let typing = ["write_gate", "input_typed", "write_ended"].map(str::to_owned);
    let typing: Vec<&String> = kinds.iter().filter(|kind| typing.contains(kind)).collect();
    assert_eq!(
        typing,
        ["write_gate", "input_typed", "write_ended", "write_gate"]
    );
    let told = story.has(
        |event| matches!(event, Event::InputTyped(typed) if typed.text.as_deref() == Some("one\n")),
    );
    assert!(told, "{story:#?}");
    worker.leave().await;
}

// H-12 H-13
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_left_out_in_part_and_ends_with_the_right_screen() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let go_on = bench.state.path().join("go-on");
    let script = format!(
        "yes flood | head -c 600000; echo; echo the last line; while [ ! -e {} ]; do sleep 0.05; done",
        go_on.display()
    );
    let run = bench.submit(sh(&script)).await;
    let mut seen = Seen::of(&bench, run, AGENT).await;
    seen.until_text("the last line").await;
    std::fs::write(go_on, "").unwrap();
    seen.until(|frame, _| matches!(frame, Frame::Exit { .. }))
        .await;
    let story = bench.end(run).await;
    assert!(matches!(story.last(), Some(Event::Succeeded { .. })));
    worker.leave().await;
}
