//! `baton checkpoint` and `baton need-operator` as agents call them: real processes before a real
//! host.

#![cfg(test)]

use std::{
    path::PathBuf,
    process::{Output, Stdio},
    time::Duration,
};

use baton_domain::{EndStep, HelpEnd, MessageKind};
use baton_terminal::{
    AgentMessage, HelpAnswer, Hold, HostProgram, Hosted, LetGoWhy, Listener, Mark, Order, Started,
    Status, What, launch,
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

const PATIENCE: Duration = Duration::from_secs(30);
const BATON: &str = env!("CARGO_BIN_EXE_baton");

/// What the journal told.
#[derive(Default)]
struct Heard {
    told: Vec<What>,
    stdout: String,
    status: Status,
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
struct Run {
    folder: TempDir,
    host: PathBuf,
    hosted: Hosted,
    heard: Heard,
}

impl Run {
    async fn start(script: &str) -> Self {
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
    async fn until(&mut self, enough: impl Fn(&Heard) -> bool) {
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

    async fn hold(&mut self, id: u128) {
        let id = Uuid::from_u128(id);
        let label = "anna: look at this".to_owned();
        self.hosted.remote().hold(Some(Hold { id, label }));
        self.until(|heard| heard.status.hold == Some(id)).await;
    }

    async fn let_go(&mut self) {
        self.hosted.remote().hold(None);
        self.until(|heard| heard.status.hold.is_none()).await;
    }

    /// Tells the agent something, and waits until the host holds so many messages.
    async fn tell(&mut self, id: u128, kind: MessageKind, pending: u32) {
        self.hosted.remote().tell(AgentMessage {
            id: Uuid::from_u128(id),
            kind,
            from: "operator anna".to_owned(),
            text: format!("text {id}"),
        });
        self.until(|heard| heard.status.pending == pending).await;
    }

    /// The agent's program calls us.
    fn call(&self, arguments: &[&str]) -> Command {
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
    async fn hook(&self, input: &Value) -> Child {
        let mut child = self.call(&["checkpoint"]).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.to_string().as_bytes()).await.unwrap();
        child
    }

    fn delivered(&self) -> Vec<u128> {
        let all = self.heard.told.iter();
        all.filter_map(|what| match what {
            What::MessageDelivered(delivered) => Some(delivered.message.as_u128()),
            _ => None,
        })
        .collect()
    }
}

async fn output(child: Child) -> Output {
    let output = timeout(PATIENCE, child.wait_with_output()).await;
    output.expect("its end in time").unwrap()
}

async fn printed(child: Child) -> Value {
    let output = output(child).await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

fn pre(tool_use: &str) -> Value {
    json!({
        "hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash",
        "tool_input": { "command": "ls" }, "tool_use_id": tool_use,
    })
}

// B-03, B-04
#[tokio::test]
async fn a_hook_stands_still_while_the_run_is_held_and_comes_back_with_what_was_said() {
    let mut run = Run::start("sleep 300").await;
    assert_eq!(printed(run.hook(&pre("1")).await).await, Value::Null);
    run.hold(1).await;
    let held = run.hook(&pre("2")).await;
    run.until(|heard| heard.status.waiting).await;
    run.tell(7, MessageKind::Steering, 1).await;
    run.let_go().await;
    let said = printed(held).await;
    assert_eq!(said["hookSpecificOutput"]["hookEventName"], "PreToolUse");
    let context = said["hookSpecificOutput"]["additionalContext"].as_str();
    assert!(
        context
            .unwrap()
            .starts_with("Message from operator anna (steering): text 7\n")
    );
    run.until(|heard| heard.status.pending == 0).await;
    assert_eq!(run.delivered(), [7]);
    run.tell(8, MessageKind::Queued, 1).await;
    let stop = json!({ "hook_event_name": "Stop", "session_id": "s" });
    let said = printed(run.hook(&stop).await).await;
    assert_eq!(said["decision"], "block");
    assert!(
        said["reason"]
            .as_str()
            .unwrap()
            .contains("(queued): text 8")
    );
    run.until(|heard| heard.status.pending == 0).await;
    assert_eq!(printed(run.hook(&stop).await).await, Value::Null);
    run.until(|heard| heard.status.turns == 1).await;
}

// B-04
#[tokio::test]
async fn a_hook_that_is_killed_has_handed_nothing_over() {
    let mut run = Run::start("sleep 300").await;
    run.hold(1).await;
    run.tell(7, MessageKind::Steering, 1).await;
    let mut held = run.hook(&pre("1")).await;
    run.until(|heard| heard.status.waiting).await;
    held.kill().await.unwrap();
    let left = |what: &What| matches!(what, What::LetGo(let_go) if let_go.why == LetGoWhy::Left);
    run.until(|heard| heard.told.iter().any(left)).await;
    run.let_go().await;
    // One that cannot say what it was given has not handed it over either.
    let mut broken = run.hook(&pre("2")).await;
    drop(broken.stdout.take());
    assert!(
        timeout(PATIENCE, broken.wait())
            .await
            .unwrap()
            .unwrap()
            .success()
    );
    let said = loop {
        let said = printed(run.hook(&pre("3")).await).await;
        if said != Value::Null {
            break said;
        }
    };
    assert!(said.to_string().contains("text 7"));
    run.until(|heard| heard.status.pending == 0).await;
    assert_eq!(run.delivered(), [7]);
}

const WRAPPER: &str = "
    for step in build test; do
        \"$BATON\" checkpoint --label \"$step\"
        echo \"did $step\"
    done
    \"$BATON\" checkpoint --end-of-turn
    \"$BATON\" checkpoint < /dev/null
    echo over
    sleep 300";

// B-03, B-04
#[tokio::test]
async fn a_script_that_calls_it_between_its_steps_is_held_and_told() {
    let script = format!("while [ ! -e go ]; do sleep 0.01; done;{WRAPPER}");
    let mut run = Run::start(&script).await;
    run.hold(1).await;
    run.tell(1, MessageKind::Steering, 1).await;
    run.tell(2, MessageKind::Queued, 2).await;
    std::fs::write(run.folder.path().join("go"), "").unwrap();
    let before_build = |what: &What| matches!(what, What::Held(held) if held.before == "build");
    run.until(|heard| heard.told.iter().any(before_build)).await;
    assert_eq!(run.heard.stdout, "");
    run.let_go().await;
    run.until(|heard| heard.stdout.contains("over")).await;
    let said = "(Said by a person who watches this run. Take it into account before you go on.)";
    assert_eq!(
        run.heard.stdout,
        format!(
            "Message from operator anna (steering): text 1\n\n{said}\ndid build\ndid test\n\
             Message from operator anna (queued): text 2\n\n{said}\nover\n"
        )
    );
    assert_eq!(run.delivered(), [1, 2]);
}

#[tokio::test]
async fn outside_a_run_and_after_it_nothing_holds_anybody() {
    for socket in [None, Some("/no/such/folder/agent.sock")] {
        let mut command = Command::new(BATON);
        command
            .arg("checkpoint")
            .stdin(Stdio::null())
            .env_remove("BATON_AGENT_SOCKET");
        if let Some(socket) = socket {
            command.env("BATON_AGENT_SOCKET", socket);
        }
        let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
        let nothing = output.stdout.is_empty() && output.stderr.is_empty();
        assert!(output.status.success() && nothing, "{output:?}");
    }
    // A host that goes while a hook waits.
    let mut run = Run::start("sleep 300").await;
    run.hold(1).await;
    let held = run.hook(&pre("1")).await;
    run.until(|heard| heard.status.waiting).await;
    run.hosted.remote().end();
    run.until(|_| false).await;
    let said = printed(held).await;
    // It is told to do nothing more.
    assert_eq!(said["hookSpecificOutput"]["permissionDecision"], "deny");
    let gone = run.hook(&pre("2")).await;
    assert_eq!(printed(gone).await, Value::Null);
    let asked = run.call(&["need-operator", "why?"]).output().await.unwrap();
    assert_eq!(asked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&asked.stderr).contains("the run's host does not answer"));
}

// B-03
#[tokio::test]
async fn an_agent_that_is_ended_while_it_waits_is_told_no_before_any_signal() {
    let hook = pre("1").to_string();
    let script = format!("echo '{hook}' | \"$BATON\" checkpoint > said; sleep 300");
    let mut run = Run::start(&format!("while [ ! -e go ]; do sleep 0.01; done; {script}")).await;
    run.hold(1).await;
    std::fs::write(run.folder.path().join("go"), "").unwrap();
    run.until(|heard| heard.status.waiting).await;
    run.hosted.remote().end();
    run.until(|_| false).await;
    let said = std::fs::read_to_string(run.folder.path().join("said")).unwrap();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["hookSpecificOutput"]["permissionDecision"], "deny");
}

#[tokio::test]
async fn a_person_is_asked_and_the_answer_is_printed() {
    let mut run = Run::start("sleep 300").await;
    let arguments = [
        "need-operator",
        "--wait",
        "--option",
        "no=Keep it",
        "--option",
        "yes",
        "Drop the table?",
    ];
    let asking = run.call(&arguments).spawn().unwrap();
    let needed = |heard: &Heard| {
        heard.told.iter().find_map(|what| match what {
            What::HelpNeeded(needed) => Some(needed.clone()),
            _ => None,
        })
    };
    run.until(|heard| needed(heard).is_some()).await;
    let needed = needed(&run.heard).unwrap();
    assert_eq!(needed.question, "Drop the table?");
    let labels: Vec<&str> = needed.options.iter().map(|o| o.label.as_str()).collect();
    assert_eq!((labels, needed.free_text), (vec!["Keep it", "yes"], false));
    run.hosted.remote().answer(HelpAnswer {
        help: needed.help,
        answer: "no".to_owned(),
        note: Some("it is needed".to_owned()),
        from: Some("operator anna".to_owned()),
        command: None,
    });
    let answered =
        |what: &What| matches!(what, What::HelpClosed(closed) if closed.end == HelpEnd::Answered);
    run.until(|heard| heard.told.iter().any(answered)).await;
    let printed = output(asking).await;
    assert_eq!(
        String::from_utf8_lossy(&printed.stdout),
        "no\nit is needed\n"
    );
    let late = ["need-operator", "--wait", "--timeout", "1", "Anybody?"];
    let nobody = run.call(&late).spawn().unwrap();
    let nobody = output(nobody).await;
    assert_eq!(nobody.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("nobody has answered in 1 s"));
}
