//! A worker at a private broker, and the story of its runs as the stream tells it.

mod roles;
mod story;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use baton_bus::{Bus, BusOptions, Fence, Patience, TailStart};
use baton_domain::{Actor, Attempt, Clock, Position, RunId, RunSpec, SystemClock, WorkerId};
use baton_testkit::{ArtifactSink, TestBroker};
use baton_wire::{
    ControlCommand, ControlMessage, Decoded, Event, LeaseMessage, LeaseStep, MessageId, Offer,
    OfferReason, Subject, TaskRunRequest,
};
use baton_worker::{CodexSandbox, Ending, WorkerError, WorkerOptions};
use futures::StreamExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::roles::host_program;
pub(crate) use self::{
    roles::{asking, checkpoint},
    story::Story,
};

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
