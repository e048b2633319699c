//! An agent in a real host, and what the host tells of it.

use std::{
    path::PathBuf,
    process::{Output, Stdio},
    time::Duration,
};

use baton_domain::{EndStep, MessageKind};
use baton_terminal::{
    AgentMessage, Hold, HostProgram, Hosted, Listener, Mark, Order, Started, Status, What, launch,
};
use baton_wire::event::{HelpClosed, HelpNeeded, MessageDelivered};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    sync::watch,
    time::timeout,
};
use uuid::Uuid;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const BATON: &str = env!("CARGO_BIN_EXE_baton");

/// What the journal told.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) told: Vec<What>,
    pub(crate) stdout: String,
    pub(crate) status: Status,
}

/// A listener that knows when enough was heard.
struct Until<'a, F> {
    heard: &'a mut Heard,
    enough: F,
    reached: watch::Sender<bool>,
}

impl<F: Fn(&Heard) -> bool> Until<'_, F> {
    fn look(&self) {
        if (self.enough)(self.heard) {
            self.reached.send_replace(true);
        }
    }

    fn keep(&mut self, what: What) {
        self.heard.told.push(what);
        self.look();
    }
}

impl<F: Fn(&Heard) -> bool> Listener for Until<'_, F> {
    fn at(&mut self, _: Duration) {}
    fn started(&mut self, _: Started) {}
    fn stdout(&mut self, bytes: &[u8]) {
        self.heard.stdout += &String::from_utf8_lossy(bytes);
        self.look();
    }
    fn stderr(&mut self, _: &[u8]) {}
    fn held(&mut self, held: baton_terminal::Held) {
        self.keep(What::Held(held));
    }
    fn let_go(&mut self, let_go: baton_terminal::LetGo) {
        self.keep(What::LetGo(let_go));
    }
    fn message_delivered(&mut self, delivered: MessageDelivered) {
        self.keep(What::MessageDelivered(delivered));
    }
    fn help_needed(&mut self, needed: HelpNeeded) {
        self.keep(What::HelpNeeded(needed));
    }
    fn help_closed(&mut self, closed: HelpClosed) {
        self.keep(What::HelpClosed(closed));
    }
    fn lost(&mut self, _: u64) {}
    fn status(&mut self, status: &Status) {
        self.heard.status = status.clone();
        self.look();
    }
    fn step(&mut self, _: EndStep) {}
}

/// An agent that runs a script in its host.
pub(crate) struct Run {
    pub(crate) folder: TempDir,
    host: PathBuf,
    pub(crate) hosted: Hosted,
    pub(crate) heard: Heard,
}

impl Run {
    pub(crate) async fn start(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Longer than a socket's path may be.
        let deep = folder.path().join("d".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let order = Order {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            folder: folder.path().into(),
            environment: vec![
                ("PATH".into(), std::env::var_os("PATH").unwrap()),
                ("BATON".into(), BATON.into()),
            ],
            input: None,
            mark: Mark::new([("BATON_TEST_AGENT", Uuid::now_v7().to_string())]),
            cgroup: None,
            orphan_after_ms: 60_000,
            journal_bytes: 1 << 20,
            terminal: None,
        };
        let program = HostProgram {
            program: BATON.into(),
            arguments: vec!["pty-host".into()],
        };
        let host = deep.join("host");
        let hosted = launch(&program, &host, &[], &order).await.unwrap();
        Self {
            folder,
            host,
            hosted,
            heard: Heard::default(),
        }
    }

    /// Follows the agent until enough was heard.
    pub(crate) async fn until(&mut self, enough: impl Fn(&Heard) -> bool) {
        let reached = watch::Sender::new(false);
        let mut seen = reached.subscribe();
        let heard = &mut self.heard;
        let mut until = Until {
            heard,
            enough,
            reached,
        };
        let following = async {
            tokio::select! {
                _ = seen.wait_for(|reached| *reached) => {}
                ended = self.hosted.follow(&mut until) => drop(ended.expect("its end")),
            }
        };
        let heard = timeout(PATIENCE, following).await;
        assert!(heard.is_ok(), "not heard in time: {:?}", self.heard.told);
    }

    pub(crate) async fn hold(&mut self, id: u128) {
        let id = Uuid::from_u128(id);
        let label = "anna: look at this".to_owned();
        let turns = None;
        self.hosted.remote().hold(Some(Hold { id, label, turns }));
        self.until(|heard| heard.status.hold == Some(id)).await;
    }

    pub(crate) async fn let_go(&mut self) {
        self.hosted.remote().hold(None);
        self.until(|heard| heard.status.hold.is_none()).await;
    }

    /// Tells the agent something, and waits until the host holds so many messages.
    pub(crate) async fn tell(&mut self, id: u128, kind: MessageKind, pending: u32) {
        self.hosted.remote().tell(AgentMessage {
            id: Uuid::from_u128(id),
            kind,
            from: "operator anna".to_owned(),
            text: format!("text {id}"),
        });
        self.until(|heard| heard.status.pending == pending).await;
    }

    /// The agent's program calls us.
    pub(crate) fn call(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BATON);
        command
            .args(arguments)
            .env("BATON_AGENT_SOCKET", self.host.join("agent.sock"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// An agent's hook calls us.
    pub(crate) async fn hook(&self, input: &Value) -> Child {
        self.hook_into(Stdio::piped(), input).await
    }

    /// An agent's hook calls us, and what we say goes there.
    pub(crate) async fn hook_into(&self, stdout: Stdio, input: &Value) -> Child {
        let mut child = self.call(&["checkpoint"]).stdout(stdout).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.to_string().as_bytes()).await.unwrap();
        child
    }

    pub(crate) fn delivered(&self) -> Vec<u128> {
        let all = self.heard.told.iter();
        all.filter_map(|what| match what {
            What::MessageDelivered(delivered) => Some(delivered.message.as_u128()),
            _ => None,
        })
        .collect()
    }
}

pub(crate) async fn output(child: Child) -> Output {
    let output = timeout(PATIENCE, child.wait_with_output()).await;
    output.expect("its end in time").unwrap()
}

pub(crate) async fn printed(child: Child) -> Value {
    let output = output(child).await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

pub(crate) fn pre(tool_use: &str) -> Value {
    json!({
        "hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash",
        "tool_input": { "command": "ls" }, "tool_use_id": tool_use,
    })
}
