//! A worker at a private broker, and the story of its runs as the stream tells it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use baton_bus::{Bus, BusOptions, Fence, Patience, TailStart};
use baton_domain::{
    Actor, Attempt, Clock, EndStep, Position, RunId, RunSpec, SystemClock, WorkerId,
};
use baton_terminal::{Asked, HelpAsk, HostProgram, Step, StepEnd, ask_person, pass_step};
use baton_testkit::{ArtifactSink, TestBroker};
use baton_wire::{
    ControlCommand, ControlMessage, Decoded, Event, EventsMessage, LeaseMessage, LeaseStep,
    MessageId, Offer, OfferReason, Subject, TaskRunRequest,
};
use baton_worker::{CodexSandbox, Ending, WorkerError, WorkerOptions};
use futures::StreamExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Bench {
    pub(crate) broker: TestBroker,
    pub(crate) bus: Bus,
    pub(crate) sink: ArtifactSink,
    pub(crate) options: WorkerOptions,
    pub(crate) state: TempDir,
    /// The desk, which tells the worker where it stands.
    _desk: JoinSet<()>,
}

/// No test by itself: what a host runs as, when a worker of a test starts this binary again.
#[test]
fn host_role() {
    if std::env::var_os("BATON_PTY_HOST").is_some() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(baton_terminal::serve()).unwrap();
    }
}

/// No test by itself: an agent's step, when a script of a test starts this binary again. What it is
/// told is added to the file `TOLD`.
#[test]
fn checkpoint_role() {
    let (Some(socket), Some(told)) = (
        std::env::var_os("BATON_AGENT_SOCKET"),
        std::env::var_os("TOLD"),
    ) else {
        return;
    };
    let step = Step {
        label: Some("the next step".to_owned()),
        ended: StepEnd::Step,
    };
    let told = |messages: &[baton_terminal::Handed]| {
        let mut file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(told)?;
        std::io::Write::write_all(&mut file, baton_terminal::text_of(messages).as_bytes())
    };
    pass_step(Path::new(&socket), &step, told).unwrap();
}

/// No test by itself: an agent that asks a person and waits. The answer is added to the file `TOLD`.
#[test]
fn asking_role() {
    let (Some(socket), Some(told)) = (
        std::env::var_os("BATON_AGENT_SOCKET"),
        std::env::var_os("TOLD"),
    ) else {
        return;
    };
    let mut ask = HelpAsk::new("which way?");
    ask.wait = true;
    let asked = ask_person(Path::new(&socket), ask, None).unwrap();
    let Asked::Answered(answered) = asked else {
        panic!("{asked:?}");
    };
    std::fs::write(told, answered.answer).unwrap();
}

/// A shell's words for a question of an agent, whose answer is left in a file.
pub(crate) fn asking(told: &Path) -> String {
    role(told, "asking_role")
}

/// A shell's words for one step of an agent, which adds what it is told to a file.
pub(crate) fn checkpoint(told: &Path) -> String {
    role(told, "checkpoint_role")
}

fn role(told: &Path, role: &str) -> String {
    let program = std::env::current_exe().unwrap();
    format!(
        "TOLD={} {} --exact bench::{role} > /dev/null",
        told.display(),
        program.display()
    )
}

fn host_program() -> HostProgram {
    HostProgram {
        program: std::env::current_exe().unwrap(),
        arguments: ["--exact", "bench::host_role", "--nocapture"]
            .map(OsString::from)
            .into(),
    }
}

/// A worker at work. Dropping it ends it as a crash would.
pub(crate) struct Working {
    tasks: JoinSet<Result<Ending, WorkerError>>,
    pub(crate) soft: CancellationToken,
    pub(crate) hard: CancellationToken,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let broker = TestBroker::start().await;
        let sink = ArtifactSink::start().await;
        let bus = connect(&broker.url()).await;
        bus.apply_topology().await.unwrap();
        let state = tempfile::tempdir().unwrap();
        let mut desk = JoinSet::new();
        desk.spawn(baton_admission::desk::serve(
            connect(&broker.url()).await,
            CancellationToken::new(),
        ));
        let worker: WorkerId = "w1".parse().unwrap();
        let mut options = WorkerOptions::new(worker, &state.path().join("w1"), &sink.url());
        options.environment = std::env::vars_os().collect();
        options.run_types = ["command".parse().unwrap()].into();
        options.host_program = Some(host_program());
        options.codex.sandbox = CodexSandbox::Bypass;
        options.codex.program = PathBuf::from("/nowhere/codex");
        Self {
            broker,
            bus,
            sink,
            options,
            state,
            _desk: desk,
        }
    }

    /// Starts the worker.
    pub(crate) fn work(&self) -> Working {
        self.work_as(self.bus.clone(), self.options.clone())
    }

    pub(crate) fn work_as(&self, bus: Bus, options: WorkerOptions) -> Working {
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut tasks = JoinSet::new();
        tasks.spawn(baton_worker::run(
            bus,
            options,
            clock,
            soft.clone(),
            hard.clone(),
        ));
        Working { tasks, soft, hard }
    }

    /// Puts a run before the fleet.
    pub(crate) async fn submit(&self, request: Value) -> RunId {
        let run = RunId::from_uuid(Uuid::now_v7());
        self.offer(run, 1, Position::START, &request).await;
        run
    }

    pub(crate) async fn offer(&self, run: RunId, attempt: u64, lease: Position, request: &Value) {
        let spec: TaskRunRequest = serde_json::from_value(request.clone()).unwrap();
        let checked = RunSpec::try_from(&spec);
        let route = checked
            .as_ref()
            .map_or_else(|_| "default_command".parse().unwrap(), RunSpec::route);
        self.bus.ensure_queue(&route).await.unwrap();
        let attempt = Attempt::new(attempt).unwrap();
        let now = SystemClock.now();
        let offer = Offer {
            run,
            attempt,
            lease_position: lease,
            lost_position: None,
            reason: OfferReason::Submitted,
            at: now,
            submitted_at: now,
            submitted_by: Actor::try_from("tester".to_owned()).unwrap(),
            idempotency_key: None,
            request_digest: None,
            seen_messages: Vec::new(),
            spec,
        };
        let subject = Subject::Offer {
            run,
            route,
            priority: baton_domain::Priority::Normal,
        };
        let id = MessageId::offer(run, attempt);
        self.publish(&subject, &id, &offer, Fence::None).await;
    }

    /// Asks for a run's end.
    pub(crate) async fn cancel(&self, run: RunId) {
        self.command(run, ControlCommand::Cancel { note: None })
            .await;
    }

    /// Wishes something for a run.
    pub(crate) async fn command(&self, run: RunId, command: ControlCommand) {
        self.commands(run, [command]).await;
    }

    /// Wishes several things, which the worker hears in one breath.
    pub(crate) async fn commands(
        &self,
        run: RunId,
        commands: impl IntoIterator<Item = ControlCommand>,
    ) {
        let mut said = Vec::new();
        for command in commands {
            let message = ControlMessage {
                run,
                id: Uuid::now_v7(),
                actor: Actor::try_from("tester".to_owned()).unwrap(),
                at: SystemClock.now(),
                command,
            };
            let id = MessageId::control(run, message.id);
            self.publish(&Subject::Control { run }, &id, &message, Fence::None)
                .await;
            said.push(message);
        }
        for message in said {
            let worker = &self.options.worker;
            self.bus.steer(worker, &message).await.unwrap();
        }
    }

    /// Declares a run's holder dead, as a supervisor does.
    pub(crate) async fn lose(&self, run: RunId, attempt: Attempt, lease: Position) -> Position {
        let worker: WorkerId = "supervisor".parse().unwrap();
        let message = LeaseMessage {
            run,
            attempt,
            worker: self.options.worker.clone(),
            step: LeaseStep::Lost,
            at: SystemClock.now(),
            reason: None,
        };
        let id = MessageId::lease(run, attempt, "lost", "supervisor");
        let fence = Fence::Expect { position: lease };
        self.publish(&Subject::Lease { run, worker }, &id, &message, fence)
            .await
    }

    pub(crate) async fn publish<T: serde::Serialize + Sync>(
        &self,
        subject: &Subject,
        id: &MessageId,
        body: &T,
        fence: Fence,
    ) -> Position {
        let published = self
            .bus
            .publish(subject, id, body, fence, &Patience::Short)
            .await;
        published.unwrap()
    }

    /// What happened to a run, up to the first point where `enough` says so.
    pub(crate) async fn story(&self, run: RunId, enough: impl Fn(&Story) -> bool) -> Story {
        let mut story = Story::default();
        let found = timeout(PATIENCE, async {
            let mut tail = std::pin::pin!(self.bus.tail(TailStart::After(Position::START)));
            while !enough(&story) {
                let message = tail.next().await.unwrap();
                let (_, decoded) = Decoded::read(&message.subject, &message.payload).unwrap();
                story.add(run, message.position, decoded);
            }
        });
        let in_time = found.await.is_ok();
        assert!(in_time, "not seen in time; so far: {story:#?}");
        story
    }

    /// The whole story of an attempt.
    pub(crate) async fn end(&self, run: RunId) -> Story {
        self.story(run, |story| story.last().is_some_and(Event::ends_attempt))
            .await
    }

    /// Waits for the worker's first sign of life: it has checked everything by then.
    pub(crate) async fn ready(&self) {
        let mut beats = std::pin::pin!(self.bus.beats().await.unwrap());
        let beat = timeout(PATIENCE, beats.next()).await;
        beat.expect("a beat in time").expect("the bus is open");
    }

    /// The folder of an attempt.
    pub(crate) fn workspace(&self, run: RunId, attempt: u32) -> PathBuf {
        let runs = self.options.state_dir.join("runs");
        runs.join(run.to_string()).join(attempt.to_string())
    }
}

impl Working {
    /// Waits for the worker's end.
    pub(crate) async fn ended(&mut self) -> Result<Ending, WorkerError> {
        let ended = timeout(PATIENCE, self.tasks.join_next()).await;
        let ended = ended.expect("the worker ends in time");
        ended.expect("the worker runs").expect("it does not panic")
    }

    /// Asks the worker to leave when it has finished, and waits for it.
    pub(crate) async fn leave(mut self) {
        self.soft.cancel();
        self.ended().await.unwrap();
    }

    /// Ends it as a crash would, but for what it has started.
    pub(crate) async fn crash(mut self) {
        self.tasks.shutdown().await;
    }
}

pub(crate) async fn connect(url: &str) -> Bus {
    let options = BusOptions {
        url: url.to_owned(),
        name: "test".to_owned(),
        credentials: None,
    };
    Bus::connect(options).await.unwrap()
}

/// What the stream tells about a run.
#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) leases: Vec<(Position, LeaseMessage)>,
    /// Every message of events.
    pub(crate) messages: Vec<EventsMessage>,
}

impl Story {
    fn add(&mut self, run: RunId, position: Position, decoded: Decoded) {
        match decoded {
            Decoded::Lease(lease) if lease.run == run => self.leases.push((position, lease)),
            Decoded::Events(events, _) if events.run == run => self.messages.push(events),
            _ => {}
        }
    }

    /// The events of all attempts, in order.
    pub(crate) fn events(&self) -> Vec<&Event> {
        let all = self.messages.iter().flat_map(|message| &message.events);
        all.map(|reported| &reported.event).collect()
    }

    pub(crate) fn last(&self) -> Option<&Event> {
        self.events().last().copied()
    }

    pub(crate) fn has(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events().into_iter().any(wanted)
    }

    pub(crate) fn steps(&self) -> Vec<LeaseStep> {
        self.leases.iter().map(|(_, lease)| lease.step).collect()
    }

    /// What was said of ending a cancelled run.
    pub(crate) fn cancel_steps(&self) -> Vec<EndStep> {
        let steps = self.events().into_iter().filter_map(|event| match event {
            Event::CancelStep { step } => Some(*step),
            _ => None,
        });
        steps.collect()
    }

    /// The text of the live log.
    pub(crate) fn output(&self) -> String {
        let texts = self.events().into_iter().map(|event| match event {
            Event::Output { text, .. } => text.as_str(),
            _ => "",
        });
        texts.collect()
    }

    /// The kinds of event, in order, without output.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let kinds = self.events().into_iter().map(|event| {
            let value = serde_json::to_value(event).unwrap();
            value["type"].as_str().unwrap().to_owned()
        });
        kinds.filter(|kind| kind != "output").collect()
    }

    /// The failure at the end: code and message.
    pub(crate) fn failure(&self) -> (String, String) {
        match self.last() {
            Some(Event::Failed { code, message, .. }) => (code.to_string(), message.clone()),
            other => panic!("the run did not fail: {other:?} {self:#?}"),
        }
    }

    /// Every attempt's events are numbered from 1 without a gap.
    pub(crate) fn assert_in_order(&self) {
        let mut last = std::collections::BTreeMap::new();
        for message in &self.messages {
            for reported in &message.events {
                let before = last
                    .insert(message.attempt, reported.seq.get())
                    .unwrap_or(0);
                assert_eq!(reported.seq.get(), before + 1, "{self:#?}");
            }
        }
    }
}

/// The text of a file.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// How many running processes carry a run's mark.
pub(crate) fn marked(run: RunId) -> usize {
    let wanted = format!("BATON_RUN_ID={run}");
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let has = |path: PathBuf| {
        std::fs::read(path.join("environ"))
            .is_ok_and(|bytes| bytes.split(|b| *b == 0).any(|e| e == wanted.as_bytes()))
    };
    entries.filter(|entry| has(entry.path())).count()
}

/// Looks again and again, for things that nobody announces.
pub(crate) async fn wait_until(seen: impl Fn() -> bool) {
    let looking = async {
        let mut looks = tokio::time::interval(Duration::from_millis(10));
        // The worker is on this thread too: a look that takes long must not starve it.
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !seen() {
            looks.tick().await;
        }
    };
    let in_time = timeout(Duration::from_secs(30), looking).await;
    in_time.expect("seen in time");
}
