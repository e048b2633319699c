//! One attempt at a run, from the lease to the last word.

mod cancelling;
mod conclude;
mod control;
mod crowded;
mod cut_off;
mod deliver;
mod open;
mod record;
mod secrets;
mod session;
mod stages;

use std::sync::{Arc, Mutex, OnceLock};

use baton_bus::{Bus, Fence, Patience};
use baton_domain::{Clock, EventSeq, Failure, FailureCode, Position, RunSpec};
use baton_terminal::{Hosted, left_behind};
use baton_wire::{EventsMessage, InvalidSpec, MessageId, Offer, Subject, event::Reported};
use chrono::{DateTime, Utc};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use self::cancelling::Cancelling;
use crate::{
    Ending,
    api::Api,
    artifacts::{ArtifactClient, Shelf},
    beat::Alive,
    control::{Helm, Input},
    git::Git,
    holds::Holds,
    lease::Leases,
    leash::Leash,
    log_file::LogFile,
    options::WorkerOptions,
    point::Point,
    process::mark,
    report::{Outgoing, Reporter, SendEnd, Spool, send_while_said},
    scope::Scope,
    session::{ApiKeys, Live, Seats, SessionCommand},
    standing::Standings,
    start::Start,
    stop::{Interrupted, Stop, StopReason},
    text,
    usage::UsageMeter,
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
    pub(crate) api: Api,
    /// The keys that grants are signed with, and secrets are sealed to.
    pub(crate) keys: ApiKeys,
    /// What the worker's token allows.
    pub(crate) scope: Scope,
    /// The live sessions that there may be at once.
    pub(crate) seats: Seats,
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
    /// Where its files are kept.
    shelf: Shelf,
    log: LogFile,
    usage: UsageMeter,
    holds: Holds,
    cancelling: Cancelling,
    /// Where the work started, once the repository is there.
    start: OnceLock<Start>,
    /// What the agent said at last, to a worker before this one.
    summary: Option<String>,
    /// Where a worker before this one was.
    point: Point,
    /// When this worker began with it.
    adopted_at: DateTime<Utc>,
    /// What its session is told.
    live: Live,
    /// What operators wish of its session, until somebody keeps that.
    wishes: Mutex<Option<mpsc::UnboundedReceiver<SessionCommand>>>,
    /// What its control is told.
    helm: Helm,
    /// What happens to it, until somebody keeps its control.
    inputs: Mutex<Option<mpsc::UnboundedReceiver<Input>>>,
    /// The agent that it has started.
    found: Mutex<Option<Hosted>>,
}

/// The tasks that go beside an attempt's work.
type Companions = JoinSet<()>;

impl Attempt {
    /// What was taken.
    pub(crate) const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Git for this attempt, which complains without its secrets.
    fn git(&self, stop: Stop) -> Git {
        Git::new(&self.shop.options, stop)
            .hiding(self.reporter.redactor())
            .marked(mark(self.offer.run, self.offer.attempt))
            .leashed(self.leash())
    }

    /// What pushes hang on, where the worker knows a program for it.
    fn leash(&self) -> Option<Leash> {
        let program = self.shop.options.leash_program.as_deref()?;
        let (standings, run) = (&self.shop.standings, self.offer.run);
        Some(Leash::new(program, standings, run, &self.workspace))
    }

    /// What a worker's beats tell of it.
    pub(crate) fn alive(&self) -> Alive {
        Alive {
            run: self.offer.run,
            attempt: self.offer.attempt,
            lease: self.state.lease_position,
            progress: self.reporter.progress(),
            usage: self.usage.watch(),
            session: self.live.status(),
            posture: self.helm.posture(),
        }
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
        let cancelling = self.cancelling.clone();
        companions.spawn(cancelling.watch(self.stop.clone(), self.reporter.clone()));
        companions.spawn(cut_off::watch(
            self.shop.bus.clone(),
            self.holds.clone(),
            self.reporter.clone(),
            self.shop.options.freeze_after,
        ));
        companions.spawn(crowded::watch(
            self.holds.clone(),
            self.reporter.clone(),
            self.shop.options.limits.spool_bytes,
        ));
        let log = self.log.clone();
        companions.spawn(async move { log.keep_flushing().await });
        // A wish from before the lease is heard before anything is done.
        let watch =
            self.shop
                .standings
                .watch(self.state.lease(), &self.stop, &self.live, &self.helm);
        let watch = watch.await;
        self.keep_control(&mut companions);
        if watch.is_ok() {
            self.keep_session(&mut companions);
        }
        let result = match &watch {
            // An agent that is there already is ended by whoever follows it.
            Err(interrupted) if !self.has_agent() => Err(interrupted.clone()),
            Ok(_) | Err(_) => self.work().await,
        };
        self.end_unfollowed().await;
        let ending = self.conclude(result).await;
        companions.shutdown().await;
        ending
    }

    /// What tells its control what happens.
    pub(crate) const fn helm(&self) -> &Helm {
        &self.helm
    }

    /// Whether an agent was found that nobody follows yet.
    fn has_agent(&self) -> bool {
        self.found.lock().is_ok_and(|found| found.is_some())
    }

    /// Ends an agent that was found and could not be followed.
    async fn end_unfollowed(&self) {
        if self.has_agent() && self.stop.reason() != Some(StopReason::Leave) {
            let mark = mark(self.offer.run, self.offer.attempt);
            let _ = left_behind(&self.workspace.host(), mark).kill().await;
        }
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
