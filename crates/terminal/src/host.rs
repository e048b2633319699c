//! The host's life: one agent from its start to its end, whoever looks after it meanwhile.

mod agent;
mod call;
mod calls;
mod checkpoints;
mod clean;
mod clock;
mod connections;
mod door;
mod ending;
mod live;
mod queue;
mod setup;
mod terminal;
mod typing;
mod view;
mod watch;
mod work;

use std::{io, path::Path, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, sleep_until, timeout},
};

use self::{
    agent::{Agent, Happened},
    checkpoints::Checkpoints,
    clock::WorkClock,
    connections::Connections,
    ending::{Endings, Sweep},
    live::{Live, LiveEvent},
};
use crate::{
    asking::AGENT_SOCKET,
    checkpoint::Said,
    family::Family,
    journal::{Ended, Exit, JournalWriter, NotStarted, Output, What},
    order::Order,
    protocol::{EndHow, JOURNAL, PROTOCOL, Request, SOCKET, Status, WINDOW},
    pty::Waits,
};

/// How long the agent's pipes may stay open after everything that we know of it is gone.
const PIPES_WITHIN: Duration = Duration::from_secs(5);
/// How long an agent's worker may take to watch a terminal of which it is to miss nothing, once the
/// agent has ended.
const WATCHED_WITHIN: Duration = Duration::from_secs(3);
/// How long workers may take to hear the last word.
const LAST_WORD_WITHIN: Duration = Duration::from_secs(2);

/// A host that could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// It cannot make a place of its own.
    #[error("failed to become a host: {0}")]
    Setup(#[source] io::Error),
    /// What it is to start was not told.
    #[error("failed to read the order on the standard input: {0}")]
    Order(#[source] io::Error),
    /// The journal cannot be written.
    #[error("failed to write the journal: {0}")]
    Journal(#[source] io::Error),
}

/// Serves as a host, in the working folder and by the order on the standard input, until its agent
/// has ended. Signals by which a terminal or a service manager ends programs are passed over: the
/// agent's worker decides.
///
/// # Errors
/// When the agent cannot be looked after. An agent that cannot be started is no error: the journal
/// tells it.
pub async fn serve() -> Result<(), HostError> {
    setup::detach().map_err(HostError::Setup)?;
    let _ignored = setup::ignore_signals().map_err(HostError::Setup)?;
    let order = setup::read_order().await.map_err(HostError::Order)?;
    let agents = setup::listen(AGENT_SOCKET).map_err(HostError::Setup)?;
    let listener = setup::listen(SOCKET).map_err(HostError::Setup)?;
    let journal = JournalWriter::create(Path::new(JOURNAL), order.journal_bytes);
    let mut journal = journal.map_err(HostError::Journal)?;
    let family = setup::family(&order);
    match start(&order, &family) {
        Ok((agent, live)) => {
            let secrets = order.terminal.as_ref().map(|wish| &*wish.secrets);
            let checkpoints = Checkpoints::new(agents, secrets.unwrap_or_default());
            let host = Host::new(&order, agent, (live, checkpoints), family, journal)?;
            Box::pin(host.run(Connections::new(listener))).await
        }
        Err(why) => journal
            .tell(Duration::ZERO, &What::NotStarted(why))
            .map_err(HostError::Journal),
    }
}

/// Starts the agent, in a terminal if one is wished.
fn start(order: &Order, family: &Family) -> Result<(Agent, Option<Live>), NotStarted> {
    let cgroup = family.cgroup.as_ref();
    let Some(wish) = &order.terminal else {
        return Ok((Agent::start(order, None, cgroup)?, None));
    };
    let no_terminal = |error: io::Error| NotStarted {
        missing: false,
        message: format!("no terminal can be had: {error}"),
    };
    let (live, pts) = Live::open(order, wish).map_err(no_terminal)?;
    Ok((Agent::start(order, Some(&pts), cgroup)?, Some(live)))
}

struct Host {
    agent: Agent,
    /// Its terminals, if it has any.
    live: Option<Live>,
    checkpoints: Checkpoints,
    family: Family,
    journal: JournalWriter,
    clock: WorkClock,
    status: Status,
    endings: Endings,
    exit: Option<Exit>,
    children: Signal,
    orphan_after: Duration,
    /// How much of the journal was read, in bytes.
    read: u64,
    /// When the agent is ended because nobody looks after it.
    alone_until: Option<Instant>,
    /// Whether the agent's worker is still to watch the agent's terminal for the first time.
    unwatched: bool,
    /// When it is waited for no longer.
    unwatched_until: Option<Instant>,
    /// When open pipes are waited for no longer.
    pipes_until: Option<Instant>,
}

impl Host {
    fn new(
        order: &Order,
        agent: Agent,
        (live, checkpoints): (Option<Live>, Checkpoints),
        mut family: Family,
        mut journal: JournalWriter,
    ) -> Result<Self, HostError> {
        let started = agent.process().clone();
        journal
            .tell(Duration::ZERO, &What::Started(started.clone()))
            .map_err(HostError::Journal)?;
        family.group = Some(started.pid);
        let orphan_after = Duration::from_millis(order.orphan_after_ms);
        Ok(Self {
            status: Status {
                protocol: PROTOCOL,
                host: setup::own_pid(),
                agent: Some(started.pid),
                freeze_method: Some(family.freeze_method()),
                ..Status::default()
            },
            agent,
            live,
            checkpoints,
            family,
            journal,
            clock: WorkClock::start(),
            endings: Endings::new(),
            exit: None,
            children: signal(SignalKind::child()).map_err(HostError::Setup)?,
            orphan_after,
            read: 0,
            alone_until: Some(Instant::now() + orphan_after),
            unwatched: order.terminal.as_ref().is_some_and(|wish| wish.watched),
            unwatched_until: None,
            pipes_until: None,
        })
    }

    async fn run(mut self, mut connections: Connections) -> Result<(), HostError> {
        self.with_live(|_, _| ());
        self.tell(&connections);
        while !self.is_over() {
            let ahead = self.journal.written().saturating_sub(self.read);
            let waits = if connections.is_attended() && ahead > WINDOW && self.exit.is_none() {
                Waits::ForTheReader
            } else {
                Waits::ForNothing
            };
            tokio::select! {
                happened = self.agent.next(waits) => self.note(happened),
                event = next_of(&mut self.live, waits) => self.shown(event),
                _ = self.children.recv() => self.reap(),
                at_door = self.checkpoints.door.next() => self.hear_agent(at_door),
                call = connections.next() => self.answer(call, &connections).await,
                step = self.endings.next() => self.step(step)?,
                () = at(self.alone_until) => self.left_alone(),
                () = at(self.pipes_until) => self.close_pipes(),
                () = at(self.unwatched_until) => self.watched(),
            }
            self.watch_over(&connections);
            self.tell(&connections);
        }
        self.conclude(connections).await
    }

    fn is_over(&self) -> bool {
        let silent = self.agent.is_closed() && self.live.as_ref().is_none_or(Live::is_silent);
        self.exit.is_some() && silent && self.endings.are_done() && !self.unwatched
    }

    /// The agent's worker watches, or has taken too long to.
    const fn watched(&mut self) {
        self.unwatched = false;
        self.unwatched_until = None;
    }

    fn close_pipes(&mut self) {
        self.agent.close();
        self.with_live(Live::close);
    }

    fn reap(&self) {
        let shell = self.live.as_ref().and_then(Live::shell_pid);
        setup::reap_orphans(&[self.status.agent, shell]);
    }

    /// Something happened at a terminal.
    fn shown(&mut self, event: LiveEvent) {
        self.with_live(|live, now| live.note(event, now));
    }

    fn note(&mut self, happened: Happened) {
        let at = self.clock.since_start();
        match happened {
            Happened::Closed => {}
            Happened::Printed(output, bytes) => {
                self.status.output_bytes += bytes.len() as u64;
                self.journal.output(at, output, &bytes);
            }
            Happened::Ended(exit) => {
                self.exit = Some(exit);
                let now = Instant::now();
                self.pipes_until = Some(now + PIPES_WITHIN);
                self.unwatched_until = self.unwatched.then(|| now + WATCHED_WITHIN);
                // Its pipes stay open for as long as something that it left behind holds them.
                self.endings.sweep(self.family.clone());
            }
        }
    }

    fn end(&mut self, how: EndHow) {
        // One that stands still could not follow what it is told, nor its calls.
        let calls = (!self.clock.is_frozen()).then(|| self.checkpoints.door.under_way());
        self.clock.work().thaw();
        // Whoever waits is told to do nothing more, before anything is signalled.
        self.hear(Said::Ending);
        // A shell listens to no SIGTERM.
        self.with_live(Live::end_shell);
        self.endings.begin(self.family.clone(), how, calls);
    }

    fn left_alone(&mut self) {
        tracing::warn!("no worker looks after the agent any more; ending it");
        self.alone_until = None;
        self.end(EndHow::Telling);
    }

    fn step(&mut self, step: Sweep) -> Result<(), HostError> {
        let Sweep::Step(step) = step else {
            return Ok(());
        };
        let told = self
            .journal
            .tell(self.clock.since_start(), &What::Step(step));
        told.map_err(HostError::Journal)
    }

    fn watch_over(&mut self, connections: &Connections) {
        if connections.is_attended() {
            self.alone_until = None;
        } else if self.alone_until.is_none() && !self.endings.have_begun() {
            self.alone_until = Some(Instant::now() + self.orphan_after);
        }
    }

    fn measure(&mut self) {
        let cpu = self.family.cpu();
        self.clock.work().used(cpu);
        let cpu = u64::try_from(cpu.as_millis()).unwrap_or(u64::MAX);
        // What has left the family before it could be counted is not taken back.
        self.status.cpu_ms = self.status.cpu_ms.max(cpu);
    }

    fn tell(&mut self, connections: &Connections) {
        self.update();
        connections.show(&self.status);
    }

    fn update(&mut self) {
        self.status.journal = self.journal.written();
        self.status.worked_ms = self.clock.worked_ms();
        self.status.frozen_ms = self.clock.last_frozen_ms();
        self.status.frozen = self.clock.is_frozen();
        let desk = &self.checkpoints.desk;
        self.status.hold = desk.hold().map(|hold| hold.id);
        self.status.waiting = desk.is_held();
        self.status.asking = desk.asks();
        self.status.checkpoints = desk.checkpoints();
        self.status.prompts = desk.prompts();
        self.status.between_turns = desk.is_between_turns();
        self.status.turns = desk.turns();
        self.status.pending = u32::try_from(desk.pending()).unwrap_or(u32::MAX);
    }

    async fn conclude(mut self, connections: Connections) -> Result<(), HostError> {
        self.measure();
        let ended = Ended {
            exit: self.exit.unwrap_or(Exit::Code(0)),
            worked_ms: self.clock.worked_ms(),
            cpu_ms: self.status.cpu_ms,
        };
        self.with_live(|live, now| live.end(ended.exit, now));
        let at = self.clock.since_start();
        let told = self.journal.tell(at, &What::Ended(ended));
        self.status.ended = true;
        self.tell(&connections);
        // A worker that does not listen reads the journal.
        let _ = timeout(LAST_WORD_WITHIN, connections.close()).await;
        if let Some(cgroup) = &self.family.cgroup {
            cgroup.remove();
        }
        told.map_err(HostError::Journal)
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn next_of(live: &mut Option<Live>, waits: Waits) -> LiveEvent {
    match live {
        Some(live) => live.next(waits).await,
        None => std::future::pending().await,
    }
}
