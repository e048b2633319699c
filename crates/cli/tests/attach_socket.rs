//! `baton attach --socket`: a terminal that is shown in another one. Both are real, with a host
//! each; the outer one stands for the window, or the tmate pane, of whoever watches.

#![cfg(test)]

use std::{path::PathBuf, time::Duration};

use baton_domain::{
    Actor, Attempt, Channel, Fence, GrantId, Role, RunId, TerminalName, TerminalSize, WriteEnd,
};
use baton_keys::KeySet;
use baton_screen::Screen;
use baton_terminal::{
    AgentOutput, HostProgram, Hosted, Listener, Mark, Order, Started, Status, TerminalOrder, Via,
    WatchWish, Watching, launch,
};
use baton_wire::{
    Frame,
    grant::{Gate, Writer},
    terminal::{Input, TypedSeq},
};
use tempfile::TempDir;
use tokio::time::timeout;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a terminal, its host, and somebody who watches it there.
struct Window {
    folder: TempDir,
    hosted: Hosted,
    watching: Watching,
    screen: Screen,
    keys: KeySet,
    seq: u64,
}

impl Window {
    async fn open(program: &str, arguments: &[&str], size: TerminalSize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeySet::generate().unwrap();
        let order = Order {
            program: program.into(),
            arguments: arguments.iter().map(Into::into).collect(),
            folder: folder.path().into(),
            environment: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
            input: None,
            mark: Mark::new([("BATON_TEST_AGENT", Uuid::now_v7().to_string())]),
            cgroup: None,
            orphan_after_ms: 60_000,
            journal_bytes: 1 << 20,
            terminal: Some(TerminalOrder {
                run: RunId::from_uuid(Uuid::from_u128(7)),
                attempt: Attempt::FIRST,
                output: AgentOutput::Terminal,
                size,
                secrets: Vec::new(),
                keys: keys.public().iter().map(|key| key.to_wire()).collect(),
                shell: None,
                watched: false,
            }),
        };
        let host = HostProgram {
            program: env!("CARGO_BIN_EXE_baton").into(),
            arguments: vec!["pty-host".into()],
        };
        let place = folder.path().join("host");
        let hosted = launch(&host, &place, &[], &order).await.unwrap();
        let wish = WatchWish {
            terminal: TerminalName::Agent,
            from: None,
            via: Via::Worker,
        };
        let watching = Watching::connect(&place, wish).await.unwrap();
        Self {
            folder,
            hosted,
            watching,
            screen: Screen::new(size),
            keys,
            seq: 0,
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("host/socket")
    }

    /// Watches until the screen shows something.
    async fn until(&mut self, enough: impl Fn(&str) -> bool) {
        let watch = async {
            while !enough(&self.screen.text()) {
                let frame = self.watching.next().await.unwrap();
                draw(&mut self.screen, &frame.expect("it goes on"));
            }
        };
        let seen = timeout(PATIENCE, watch).await;
        assert!(seen.is_ok(), "not seen in time:\n{}", self.screen.text());
    }

    /// Lets somebody type through a channel, from this fence on.
    async fn grant(&mut self, channel: Channel, fence: u64) {
        let writer = Writer {
            grant: GrantId::from_uuid(Uuid::from_u128(fence.into())),
            holder: Actor::try_from("anna".to_owned()).unwrap(),
            role: Role::Operator,
            channel,
            terminals: vec![TerminalName::Agent],
            ttl_ms: 600_000,
            reason: "to help".to_owned(),
            key_sha256: String::new(),
        };
        self.gate(fence, Some(writer)).await;
    }

    async fn gate(&mut self, fence: u64, writer: Option<Writer>) {
        let signed = self.keys.sign(&Gate {
            version: Gate::VERSION,
            run: RunId::from_uuid(Uuid::from_u128(7)),
            attempt: Attempt::FIRST,
            fence: Fence::new(fence).unwrap(),
            writer,
        });
        self.hosted.remote().gate(signed, WriteEnd::Revoked);
        // Following is what passes it on.
        let watch = async {
            loop {
                let frame = self.watching.next().await.unwrap();
                let frame = frame.expect("it goes on");
                draw(&mut self.screen, &frame);
                if let Frame::Writer { gate, .. } = frame
                    && gate.fence.is_some_and(|at| at.get() == fence)
                {
                    return;
                }
            }
        };
        let mut deaf = Deaf;
        let told = async {
            tokio::select! {
                ended = self.hosted.follow(&mut deaf) => panic!("{ended:?}"),
                () = watch => {}
            }
        };
        timeout(PATIENCE, told).await.expect("a gate in time");
    }

    /// Types under the grant of fence 1.
    async fn press(&mut self, keys: &str) {
        self.seq += 1;
        let input = Frame::Input(Input {
            grant: GrantId::from_uuid(Uuid::from_u128(1)),
            fence: Fence::FIRST,
            seq: TypedSeq(self.seq),
            bytes: keys.to_owned().into(),
        });
        self.watching.send(&input).await.unwrap();
    }

    async fn close(mut self) {
        self.hosted.remote().end();
        let ended = timeout(PATIENCE, self.hosted.follow(&mut Deaf)).await;
        ended.expect("an end in time").unwrap();
    }
}

fn draw(screen: &mut Screen, frame: &Frame) {
    match frame {
        Frame::Snapshot { snapshot, .. } => {
            *screen = Screen::new(snapshot.size);
            screen.feed(&snapshot.dump);
        }
        Frame::Output { bytes, .. } => {
            screen.feed(bytes);
        }
        _ => {}
    }
}

struct Deaf;

impl Listener for Deaf {
    fn at(&mut self, _: Duration) {}
    fn started(&mut self, _: Started) {}
    fn stdout(&mut self, _: &[u8]) {}
    fn stderr(&mut self, _: &[u8]) {}
    fn lost(&mut self, _: u64) {}
    fn status(&mut self, _: &Status) {}
    fn step(&mut self, _: baton_domain::EndStep) {}
}

const ECHOING: &str = "stty -echo; printf '\\033[6n'; IFS= read -r -d R place; echo begun; \
     while read -r line; do echo \"<$line>\"; done; exit 0";

/// The window of somebody who watches the agent in another.
async fn attached(agent: &Window, via: &str) -> Window {
    let socket = agent.socket();
    let socket = socket.to_str().unwrap();
    let arguments = ["attach", "--socket", socket, "--via", via];
    let size = TerminalSize::new(100, 30).unwrap();
    let mut window = Window::open(env!("CARGO_BIN_EXE_baton"), &arguments, size).await;
    window.grant(Channel::Web, 1).await;
    window
}

// B-02, B-05
#[tokio::test]
async fn a_pane_shows_the_terminal_and_types_only_while_a_grant_is_for_it() {
    let size = TerminalSize::new(80, 20).unwrap();
    let mut agent = Window::open("bash", &["-c", ECHOING], size).await;
    agent.until(|text| text.contains("begun")).await;
    let mut pane = attached(&agent, "tmate").await;
    pane.until(|text| text.contains("begun") && text.contains("watching"))
        .await;
    pane.press("nobody\r").await;
    pane.until(|text| text.contains("your keys go nowhere"))
        .await;
    agent.grant(Channel::Tmate, 1).await;
    pane.until(|text| text.contains("anna types here")).await;
    // What the window itself says is no key.
    pane.press("\u{1b}[12;40R\u{1b}]11;rgb:1/2/3\u{7}one\r")
        .await;
    pane.until(|text| text.contains("<one>")).await;
    // Renewed, it goes on.
    agent.gate(2, None).await;
    pane.until(|text| text.contains("watching")).await;
    pane.press("revoked\r").await;
    pane.until(|text| text.contains("your keys go nowhere"))
        .await;
    agent.grant(Channel::Tmate, 3).await;
    pane.until(|text| text.contains("anna types here")).await;
    pane.press("two\r").await;
    pane.until(|text| text.contains("<two>")).await;
    // The pane is everybody's: nobody leaves it for all.
    pane.press("\u{1d}three\r").await;
    pane.until(|text| text.contains("three>")).await;
    agent.until(|text| text.contains("three>")).await;
    let text = agent.screen.text();
    assert!(
        !text.contains("nobody") && !text.contains("revoked"),
        "{text}"
    );
    // The pane ends with the terminal.
    agent.close().await;
    pane.until(|text| text.contains("the terminal has ended"))
        .await;
}

// B-02
#[tokio::test]
async fn a_window_on_the_same_machine_only_watches_and_leaves_by_its_key() {
    let size = TerminalSize::new(80, 20).unwrap();
    let mut agent = Window::open("bash", &["-c", ECHOING], size).await;
    let mut window = attached(&agent, "local").await;
    window.until(|text| text.contains("begun")).await;
    agent.grant(Channel::Tmate, 1).await;
    window.until(|text| text.contains("anna types")).await;
    window.press("nobody\r").await;
    window.press("\u{1d}").await;
    window
        .until(|text| text.contains("detached; the run goes on"))
        .await;
    agent.until(|text| text.contains("begun")).await;
    assert!(!agent.screen.text().contains("nobody"));
    agent.close().await;
}
