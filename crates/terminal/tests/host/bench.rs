//! This test binary again, as a host; and somebody who follows an agent and remembers.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use baton_domain::{Attempt, EndStep, RunId, TerminalName, TerminalSize};
use baton_terminal::{
    AgentOutput, Ended, FollowError, GateRefused, Held, HostProgram, Hosted, LetGo, Listener, Mark,
    Order, Started, Status, TerminalOrder, TurnEnded, What, launch,
};
use baton_wire::event::{
    HelpClosed, HelpNeeded, InputTyped, MessageDelivered, MessageSeen, WriteEnded,
};
use tempfile::TempDir;
use tokio::time::{Instant, interval, timeout};
use uuid::Uuid;

/// How long a test waits before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// No test by itself: what a host runs as, when a test starts this binary again.
#[test]
fn host_role() {
    if std::env::var_os("BATON_PTY_HOST").is_some() {
        runtime().block_on(baton_terminal::serve()).unwrap();
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// This binary, as one of its tests alone.
pub(crate) fn role(test: &str) -> HostProgram {
    HostProgram {
        program: std::env::current_exe().unwrap(),
        arguments: ["--exact", test, "--nocapture"].map(OsString::from).into(),
    }
}

pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) order: Order,
}

impl Bench {
    /// A shell that runs a script.
    pub(crate) fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("test-{}-{}", std::process::id(), unique());
        Self {
            order: Order {
                program: "sh".into(),
                arguments: vec!["-c".into(), script.into()],
                folder: folder.path().into(),
                environment: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
                input: None,
                mark: Mark::new([("BATON_TEST_AGENT", name.clone())]),
                cgroup: Some(format!("baton-{name}")),
                orphan_after_ms: 20_000,
                journal_bytes: 1 << 20,
                terminal: None,
            },
            folder,
        }
    }

    /// A shell that runs a script in a terminal.
    pub(crate) fn on_terminal(script: &str) -> Self {
        let mut bench = Self::new(script);
        bench.order.terminal = Some(TerminalOrder {
            run: RunId::from_uuid(Uuid::from_u128(7)),
            attempt: Attempt::FIRST,
            output: AgentOutput::Terminal,
            size: TerminalSize::DEFAULT,
            secrets: Vec::new(),
            keys: Vec::new(),
            shell: None,
            watched: false,
        });
        bench
    }

    /// The order for its terminals.
    pub(crate) fn terminal(&mut self) -> &mut TerminalOrder {
        self.order.terminal.as_mut().unwrap()
    }

    pub(crate) fn without_cgroup(mut self) -> Self {
        self.order.cgroup = None;
        self
    }

    /// Where the host lives.
    pub(crate) fn host(&self) -> PathBuf {
        self.folder.path().join("host")
    }

    pub(crate) async fn launch(&self) -> Hosted {
        let program = role("bench::host_role");
        launch(&program, &self.host(), &[], &self.order)
            .await
            .unwrap()
    }
}

fn unique() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) started: Option<Started>,
    pub(crate) stdout: String,
    /// When it last printed on its standard output, since its start.
    pub(crate) printed_at: Duration,
    pub(crate) stderr: String,
    /// What the agent's terminal shows.
    pub(crate) shown: String,
    pub(crate) typed: Vec<InputTyped>,
    pub(crate) ended: Vec<WriteEnded>,
    pub(crate) refused: Vec<GateRefused>,
    pub(crate) lost: u64,
    pub(crate) steps: Vec<EndStep>,
    pub(crate) status: Status,
    pub(crate) at: Vec<Duration>,
    /// What became of holds, messages and questions.
    pub(crate) control: Vec<What>,
}

impl Listener for Heard {
    fn at(&mut self, since_start: Duration) {
        self.at.push(since_start);
    }
    fn started(&mut self, process: Started) {
        self.started = Some(process);
    }
    fn stdout(&mut self, bytes: &[u8]) {
        self.stdout += &String::from_utf8_lossy(bytes);
        self.printed_at = self.at.last().copied().unwrap_or_default();
    }
    fn stderr(&mut self, bytes: &[u8]) {
        self.stderr += &String::from_utf8_lossy(bytes);
    }
    fn printed(&mut self, terminal: TerminalName, bytes: &[u8]) {
        if terminal == TerminalName::Agent {
            self.shown += &String::from_utf8_lossy(bytes);
        }
    }
    fn shown(&mut self, bytes: &[u8]) {
        self.shown += &format!("[{}]", String::from_utf8_lossy(bytes));
    }
    fn typed(&mut self, typed: InputTyped) {
        self.typed.push(typed);
    }
    fn write_ended(&mut self, ended: WriteEnded) {
        self.ended.push(ended);
    }
    fn gate_refused(&mut self, refused: &GateRefused) {
        self.refused.push(refused.clone());
    }
    fn held(&mut self, told: Held) {
        self.control.push(What::Held(told));
    }
    fn let_go(&mut self, told: LetGo) {
        self.control.push(What::LetGo(told));
    }
    fn message_delivered(&mut self, told: MessageDelivered) {
        self.control.push(What::MessageDelivered(told));
    }
    fn message_seen(&mut self, told: MessageSeen) {
        self.control.push(What::MessageSeen(told));
    }
    fn message_taken_back(&mut self, told: Uuid) {
        self.control.push(What::MessageTakenBack(told));
    }
    fn help_needed(&mut self, told: HelpNeeded) {
        self.control.push(What::HelpNeeded(told));
    }
    fn help_closed(&mut self, told: HelpClosed) {
        self.control.push(What::HelpClosed(told));
    }
    fn turn_ended(&mut self, told: TurnEnded) {
        self.control.push(What::TurnEnded(told));
    }
    fn marked(&mut self, label: &str) {
        self.shown += &format!("({label})");
    }
    fn lost(&mut self, bytes: u64) {
        self.lost += bytes;
    }
    fn status(&mut self, status: &Status) {
        self.status = status.clone();
    }
    fn step(&mut self, step: EndStep) {
        self.steps.push(step);
    }
}

/// Follows an agent to its end.
pub(crate) async fn end(hosted: &mut Hosted, heard: &mut Heard) -> Result<Ended, FollowError> {
    let ended = timeout(PATIENCE, hosted.follow(heard)).await;
    ended.unwrap_or_else(|_| panic!("no end in time"))
}

/// Does something while an agent is followed: what is asked of it is passed on.
pub(crate) async fn follow_while<T>(hosted: &mut Hosted, done: impl Future<Output = T>) -> T {
    let mut heard = Heard::default();
    tokio::select! {
        ended = hosted.follow(&mut heard) => panic!("it ended before: {ended:?}"),
        done = done => done,
    }
}

/// A listener that stops following once it has heard enough.
struct Until<'a, F> {
    heard: &'a mut Heard,
    enough: F,
    reached: tokio::sync::watch::Sender<bool>,
}

/// Follows an agent until enough was heard.
pub(crate) async fn hear(hosted: &mut Hosted, heard: &mut Heard, enough: impl Fn(&Heard) -> bool) {
    let reached = tokio::sync::watch::Sender::new(false);
    let mut seen = reached.subscribe();
    let mut until = Until {
        heard,
        enough,
        reached,
    };
    let heard = async {
        tokio::select! {
            ended = hosted.follow(&mut until) => panic!("it ended before: {ended:?}"),
            _ = seen.wait_for(|reached| *reached) => {}
        }
    };
    timeout(PATIENCE, heard).await.expect("heard in time");
}

macro_rules! pass_on {
    ($($name:ident($argument:ty)),*) => { $(
        fn $name(&mut self, value: $argument) {
            self.heard.$name(value);
            self.look();
        }
    )* };
}

impl<F: Fn(&Heard) -> bool> Until<'_, F> {
    fn look(&mut self) {
        let reached = (self.enough)(self.heard);
        self.reached
            .send_if_modified(|before| std::mem::replace(before, reached || *before) != *before);
    }
}

impl<F: Fn(&Heard) -> bool> Listener for Until<'_, F> {
    fn printed(&mut self, terminal: TerminalName, bytes: &[u8]) {
        self.heard.printed(terminal, bytes);
        self.look();
    }

    pass_on!(
        at(Duration),
        started(Started),
        stdout(&[u8]),
        stderr(&[u8]),
        shown(&[u8]),
        marked(&str),
        held(Held),
        let_go(LetGo),
        message_delivered(MessageDelivered),
        message_seen(MessageSeen),
        message_taken_back(Uuid),
        help_needed(HelpNeeded),
        help_closed(HelpClosed),
        turn_ended(TurnEnded),
        typed(InputTyped),
        write_ended(WriteEnded),
        gate_refused(&GateRefused),
        lost(u64),
        status(&Status),
        step(EndStep)
    );
}

/// Whether a process is there and has not ended.
pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// The process id that a script has written to a file.
pub(crate) async fn pid_in(path: &Path) -> i32 {
    let mut found = None;
    wait_until(|| {
        found = std::fs::read_to_string(path)
            .ok()
            .and_then(|text| text.strip_suffix('\n')?.parse().ok());
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// Looks again and again, for things that nobody announces.
pub(crate) async fn wait_until(mut seen: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut looks = interval(Duration::from_millis(5));
    while !seen() {
        assert!(Instant::now() < deadline, "not seen in time");
        looks.tick().await;
    }
}
