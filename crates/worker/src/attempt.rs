//! One attempt at a run, from the lease to the last word.

mod conclude;
mod deliver;
mod record;
mod secrets;
mod stages;

use std::sync::{Arc, OnceLock};

use baton_bus::{Bus, Fence, Patience};
use baton_domain::{Clock, EventSeq, Failure, FailureCode, Position, RunSpec};
use baton_wire::{EventsMessage, InvalidSpec, MessageId, Offer, Subject, event::Reported};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    Ending,
    artifacts::ArtifactClient,
    checkout::Start,
    git::Git,
    lease::Leases,
    leash::Leash,
    log_file::LogFile,
    options::WorkerOptions,
    redact::{self, Redactor},
    report::{Outgoing, Reporter, SendEnd, Spool, send_while_said},
    standing::Standings,
    stop::{Interrupted, Stop, StopReason},
    text,
    usage::{AgentUsage, UsageMeter},
    workspace::{State, Workspace},
};

/// What all attempts of a worker share.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) bus: Bus,
    pub(crate) options: WorkerOptions,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) leases: Leases,
    pub(crate) standings: Standings,
    pub(crate) artifacts: ArtifactClient,
    /// The worker leaves at once: wait for nobody.
    pub(crate) hard: CancellationToken,
}

/// An attempt in the making.
#[derive(Debug)]
pub(crate) struct Attempt {
    shop: Arc<Shop>,
    offer: Offer,
    workspace: Workspace,
    state: State,
    stop: Stop,
    reporter: Reporter,
    log: LogFile,
    usage: UsageMeter,
    /// Where the work started, once the repository is there.
    start: OnceLock<Start>,
}

/// The tasks that go beside an attempt's work.
type Companions = JoinSet<()>;

impl Attempt {
    /// Makes the attempt's folders and its voice. The spool is the sender's.
    pub(crate) fn open(
        shop: Arc<Shop>,
        offer: Offer,
        lease: Position,
        stop: Stop,
    ) -> std::io::Result<(Self, Spool)> {
        let options = &shop.options;
        let workspace = Workspace::of(&options.state_dir, offer.run, offer.attempt);
        workspace.create()?;
        let state = State {
            run: offer.run,
            attempt: offer.attempt,
            worker: options.worker.clone(),
            lease_position: lease,
            lost_position: offer.lost_position,
            agent: None,
            over: false,
        };
        workspace.write_state(&state)?;
        let spool = Spool::open(&workspace.spool())?;
        let redactor = Redactor::new(&redact::known(options));
        let reporter = Reporter::new(&spool, shop.clock.clone(), stop.clone(), redactor)?;
        let limits = options.limits;
        let path = workspace.record().join("logs/agent.log");
        let (most, live) = (limits.log_bytes, limits.live_log_bytes);
        let log = LogFile::create(&path, reporter.clone(), most, live)?;
        let attempt = Self {
            shop,
            offer,
            workspace,
            state,
            stop,
            reporter,
            log,
            usage: UsageMeter::default(),
            start: OnceLock::new(),
        };
        Ok((attempt, spool))
    }

    /// Git for this attempt, which complains without its secrets.
    fn git(&self, stop: Stop) -> Git {
        Git::new(&self.shop.options, stop)
            .hiding(self.reporter.redactor())
            .leashed(self.leash())
    }

    /// What pushes hang on, where the worker knows a program for it.
    fn leash(&self) -> Option<Leash> {
        let program = self.shop.options.leash_program.as_deref()?;
        let (standings, run) = (&self.shop.standings, self.offer.run);
        Some(Leash::new(program, standings, run, &self.workspace))
    }

    /// The attempt's voice.
    pub(crate) fn reporter(&self) -> &Reporter {
        &self.reporter
    }

    /// What its agent uses.
    pub(crate) fn usage(&self) -> watch::Receiver<AgentUsage> {
        self.usage.watch()
    }

    /// Does the run and says how it ended.
    pub(crate) async fn carry_out(self, spool: Spool) -> Ending {
        let mut companions = Companions::new();
        companions.spawn(report(
            self.outgoing(),
            spool,
            self.reporter.clone(),
            self.stop.clone(),
        ));
        let log = self.log.clone();
        companions.spawn(async move { log.keep_flushing().await });
        // A wish from before the lease is heard before anything is done.
        let watch = self.shop.standings.watch(self.state.lease(), &self.stop);
        let watch = watch.await;
        let result = match &watch {
            Ok(_) => self.work().await,
            Err(interrupted) => Err(interrupted.clone()),
        };
        let ending = self.conclude(result).await;
        companions.shutdown().await;
        ending
    }

    async fn work(&self) -> Result<String, Interrupted> {
        match RunSpec::try_from(&self.offer.spec) {
            Ok(spec) => self.stages(&spec).await,
            Err(invalid) => Err(refused(&invalid).into()),
        }
    }

    fn outgoing(&self) -> Outgoing {
        Outgoing {
            bus: self.shop.bus.clone(),
            run: self.offer.run,
            attempt: self.offer.attempt,
            worker: self.shop.options.worker.clone(),
            fence: self.state.fence(),
            give_up: CancellationToken::new(),
        }
    }
}

/// Sends what is said; what ends the sending ends the attempt.
async fn report(out: Outgoing, mut spool: Spool, reporter: Reporter, stop: Stop) {
    match send_while_said(&out, &mut spool, &reporter).await {
        SendEnd::Fenced => stop.request(StopReason::Fenced),
        SendEnd::GivenUp => {}
        end @ (SendEnd::Refused(_) | SendEnd::Spool(_)) => {
            tracing::error!(run = %out.run, error = %end, "failed to report");
            stop.request(StopReason::HandBack(end.to_string()));
        }
    }
}

fn refused(invalid: &InvalidSpec) -> Failure {
    let message = format!("the run's specification breaks rules: {invalid}");
    Failure::new(FailureCode::InvalidPayload, text::head(&message, 2000))
}

/// Says that an attempt could not even be begun.
pub(crate) async fn fail(shop: &Shop, offer: &Offer, lease: Position, error: &std::io::Error) {
    let message = format!("the run's folder cannot be made on the worker: {error}");
    let failure = Failure::new(FailureCode::WorkerFault, message);
    let said = Reported {
        seq: EventSeq::FIRST,
        at: shop.clock.now(),
        event: failure.into(),
    };
    let message = EventsMessage {
        run: offer.run,
        attempt: offer.attempt,
        events: vec![said],
    };
    let subject = Subject::Events {
        run: offer.run,
        worker: shop.options.worker.clone(),
    };
    let id = MessageId::events(offer.run, offer.attempt, EventSeq::FIRST);
    let patience = Patience::Until(shop.hard.clone());
    let fence = Fence::of_holder(lease, offer.lost_position);
    if let Err(error) = shop
        .bus
        .publish(&subject, &id, &message, fence, &patience)
        .await
    {
        tracing::warn!(run = %offer.run, %error, "failed to report");
    }
}
