//! The thin shell around the dispatcher: turns what happens into inputs and effects into tasks.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use baton_bus::{Delivery, OfferScope, OfferSource, Room};
use baton_domain::{Drain, Position, RunId, Share, Slots};
use baton_wire::Offer;
use futures::FutureExt;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, interval, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Ending, WorkerError,
    attempt::{self, Attempt, Shop},
    beat::{Alive, Heart, Taking},
    dispatcher::{Dispatcher, Effect, Input, Turns},
    drain::{Drained, Drains},
    lease::Stepped,
    options::{Mode, OnStop, WorkerOptions},
    preflight::{self, PreflightError, PreflightReport},
    recover::{Adopted, Left, settle},
    report::Spool,
    stop::{Stop, StopReason},
    workspace,
};

/// How long an offer rests that this worker cannot take now.
const RETURNED_FOR: Duration = Duration::from_secs(1);

/// What a task came back with.
enum Done {
    Searched(Box<OfferSource>, Option<Box<Delivery<Offer>>>),
    Leased(RunId, Stepped),
    Ended(RunId, Ending),
    Answered,
    /// What the worker's runs need was looked for; nothing is told when it leaves meanwhile.
    Checked(Option<Box<Result<(WorkerOptions, PreflightReport), PreflightError>>>),
}

/// A run that is being done.
struct Doing {
    alive: Alive,
    stop: Stop,
}

pub(crate) struct Driver {
    shop: Arc<Shop>,
    heart: Heart,
    dispatcher: Dispatcher,
    tasks: JoinSet<Done>,
    source: Option<Box<OfferSource>>,
    /// How much a run may take now.
    room: watch::Sender<Room>,
    /// Whose offers are looked for next.
    scope: OfferScope,
    /// Whether a search is on its way whose scope was another.
    source_is_stale: bool,
    search: CancellationToken,
    drained: Drained,
    /// Offers that are not answered yet.
    offers: HashMap<RunId, Delivery<Offer>>,
    /// What was offered, until it is begun or somebody else's.
    taking: HashMap<RunId, Offer>,
    doing: HashMap<RunId, Doing>,
    drain_by: Option<Instant>,
    leaving: bool,
    /// Of the last attempt.
    ending: Ending,
    /// What the worker lacks.
    lack: Option<PreflightError>,
}

impl Driver {
    pub(crate) fn new(shop: Arc<Shop>, heart: Heart) -> Self {
        let options = &shop.options;
        let turns = match options.mode {
            Mode::Serve => Turns::Endless,
            Mode::Once { .. } => Turns::One,
        };
        let slots = options.slots.get();
        let room = watch::Sender::new(Room {
            free: slots,
            total: slots,
        });
        let scope = OfferScope {
            pools: options.pools.clone(),
            run_types: options.run_types.clone(),
            capabilities: options.capabilities.clone(),
        };
        let source = shop.bus.offers(scope.clone()).within(room.subscribe());
        Self {
            dispatcher: Dispatcher::new(slots, turns).when_drained(options.when_drained),
            drained: Drained::new(options),
            scope,
            source_is_stale: false,
            room,
            heart,
            tasks: JoinSet::new(),
            source: Some(Box::new(source)),
            search: CancellationToken::new(),
            offers: HashMap::new(),
            taking: HashMap::new(),
            doing: HashMap::new(),
            drain_by: None,
            leaving: false,
            ending: Ending::Idle,
            lack: None,
            shop,
        }
    }

    /// Goes on with what was left, and works until it is told to leave, or has had its turn;
    /// returns how the last attempt ended.
    pub(crate) async fn drive(
        mut self,
        left: Vec<Left>,
        soft: CancellationToken,
    ) -> Result<Ending, WorkerError> {
        let hard = self.shop.hard.clone();
        let (mut soft_seen, mut hard_seen) = (false, false);
        let mut beats = interval(self.shop.options.beat_every);
        let mut drains = Drains::new(self.shop.bus.clone(), &self.shop.options);
        self.take_over(left).await;
        self.check(soft.clone());
        while !(self.leaving && self.tasks.is_empty()) {
            tokio::select! {
                () = hard.cancelled(), if !hard_seen => {
                    hard_seen = true;
                    self.shop.leases.give_up.cancel();
                    self.handle(Input::HardStop).await;
                }
                () = soft.cancelled(), if !soft_seen => {
                    soft_seen = true;
                    self.handle(match self.shop.options.on_stop {
                        OnStop::Finish => Input::SoftStop,
                        OnStop::Leave => Input::Left,
                    }).await;
                }
                () = deadline(self.drain_by) => {
                    self.drain_by = None;
                    self.shop.leases.give_up.cancel();
                    self.handle(Input::DrainDeadline).await;
                }
                heard = drains.next() => self.heard(heard).await,
                _ = beats.tick() => {
                    self.look_at_drains().await;
                    self.beat().await;
                }
                Some(done) = self.tasks.join_next() => {
                    let done = done.map_err(|error| WorkerError::Task(error.to_string()))?;
                    self.done(done).await;
                }
            }
        }
        self.beat().await;
        match self.lack {
            Some(lack) => Err(lack.into()),
            None => Ok(self.ending),
        }
    }

    /// Goes on with attempts of a worker before this one, and settles those that cannot go on.
    async fn take_over(&mut self, left: Vec<Left>) {
        for left in left {
            match left {
                Left::Adopted(adopted) => {
                    let Adopted {
                        attempt,
                        spool,
                        stop,
                    } = *adopted;
                    let slots = slots_of(attempt.offer());
                    let run = self.carry_out_attempt(attempt, spool, stop);
                    self.handle(Input::Adopted { run, slots }).await;
                }
                Left::Over(workspace, state) => {
                    let shop = self.shop.clone();
                    self.tasks.spawn(async move {
                        settle(&shop, workspace, state).await;
                        Done::Answered
                    });
                }
            }
        }
    }

    /// Looks for everything that runs need: no new one is taken before it is found.
    fn check(&mut self, soft: CancellationToken) {
        let options = self.shop.options.clone();
        self.tasks.spawn(async move {
            let found = soft.run_until_cancelled(preflight::fit(options)).await;
            Done::Checked(found.map(Box::new))
        });
    }

    async fn checked(&mut self, found: Result<(WorkerOptions, PreflightReport), PreflightError>) {
        match found {
            Ok((options, report)) => {
                let (worker, slots) = (&options.worker, options.slots);
                tracing::info!(%worker, slots, git = report.git, codex = report.codex, "ready");
                if self.scope.run_types != options.run_types {
                    self.scope.run_types.clone_from(&options.run_types);
                    self.renew_source();
                }
                self.heart.options = options;
                self.handle(Input::Started).await;
            }
            Err(lack) => {
                if !self.doing.is_empty() {
                    tracing::error!(error = %lack, "takes no runs, and leaves when those that it has taken up again have ended");
                }
                self.lack = Some(lack);
                self.handle(Input::Unfit).await;
            }
        }
        self.beat().await;
    }

    async fn heard(&mut self, drains: Vec<Drain>) {
        let share = self.drained.heard(drains, self.shop.clock.now()).cloned();
        self.obey(share).await;
    }

    /// A drain may have ended by itself.
    async fn look_at_drains(&mut self) {
        let share = self.drained.look(self.shop.clock.now()).cloned();
        self.obey(share).await;
    }

    /// Takes runs of the pools that drains leave, if that has changed.
    async fn obey(&mut self, share: Option<Share>) {
        match share {
            None => return,
            Some(Share::Nothing(drain)) => {
                tracing::info!(scope = %drain.scope, by = %drain.actor, note = drain.note, "drained: takes no more runs");
                self.handle(Input::Drained).await;
            }
            Some(Share::Pools(pools)) => {
                if self.scope.pools != pools {
                    tracing::info!(?pools, "takes runs of these pools");
                    self.scope.pools = pools;
                    self.renew_source();
                }
                self.handle(Input::Undrained).await;
            }
        }
        self.beat().await;
    }

    /// From now on offers of the present scope are looked for: also by a search that is on its
    /// way, which is begun anew.
    fn renew_source(&mut self) {
        if self.source.is_some() {
            let source = self.shop.bus.offers(self.scope.clone());
            self.source = Some(Box::new(source.within(self.room.subscribe())));
        } else {
            self.source_is_stale = true;
            self.search.cancel();
        }
    }

    async fn done(&mut self, done: Done) {
        match done {
            Done::Searched(source, found) => {
                self.source = Some(source);
                if std::mem::take(&mut self.source_is_stale) {
                    self.renew_source();
                }
                self.searched(found).await;
            }
            Done::Leased(run, step) => {
                let input = match step {
                    Stepped::Done(position) => Input::LeaseWon { run, position },
                    Stepped::Fenced => {
                        self.taking.remove(&run);
                        Input::LeaseTaken { run }
                    }
                    Stepped::Unclear(error) => {
                        self.taking.remove(&run);
                        tracing::warn!(%run, %error, "failed to take a lease");
                        Input::LeaseUnclear { run }
                    }
                };
                self.handle(input).await;
            }
            Done::Ended(run, ending) => {
                self.ending = ending;
                self.doing.remove(&run);
                self.prune();
                self.handle(Input::RunEnded { run }).await;
                self.beat().await;
            }
            Done::Answered => {}
            Done::Checked(Some(found)) => self.checked(*found).await,
            Done::Checked(None) => {}
        }
    }

    async fn searched(&mut self, found: Option<Box<Delivery<Offer>>>) {
        let Some(delivery) = found else {
            return self.handle(Input::NothingOffered).await;
        };
        let (run, attempt) = (delivery.value().run, delivery.value().attempt);
        if self.offers.contains_key(&run) {
            // The same offer again while its lease is being taken: that tells what becomes of it.
            self.answer(*delivery, Answer::Return);
            return self.search();
        }
        let slots = slots_of(delivery.value());
        self.offers.insert(run, *delivery);
        self.handle(Input::Offered {
            run,
            attempt,
            slots,
        })
        .await;
    }

    async fn handle(&mut self, input: Input) {
        let effects = self.dispatcher.apply(input);
        let free = self.dispatcher.free();
        self.room
            .send_if_modified(|room| std::mem::replace(&mut room.free, free) != free);
        for effect in effects {
            self.carry_out(effect).await;
        }
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Claim => self.search(),
            Effect::StopClaiming => self.search.cancel(),
            Effect::TakeLease { run } => self.take_lease(run),
            Effect::AckOffer { run } => self.answer_for(run, Answer::Ack),
            Effect::ReturnOffer { run } => self.answer_for(run, Answer::Return),
            Effect::Start { run, position } => {
                self.start(run, position);
                self.beat().await;
            }
            Effect::Release { run, position } => self.release(run, position),
            Effect::Stop { run, reason } => self.stop(run, reason),
            Effect::ArmDrainDeadline => {
                self.drain_by = Some(Instant::now() + self.shop.options.drain_deadline);
            }
            Effect::Leave => self.leaving = true,
        }
    }

    fn search(&mut self) {
        let Some(mut source) = self.source.take() else {
            return;
        };
        if self.search.is_cancelled() {
            // A search that was given up for a while is taken up again.
            self.search = CancellationToken::new();
        }
        let stop = self.search.clone();
        let mode = self.shop.options.mode;
        self.tasks.spawn(async move {
            let found = match mode {
                Mode::Serve => source.next(&stop).await,
                Mode::Once { wait } => next_within(&mut source, &stop, wait).await,
            };
            Done::Searched(source, found.map(Box::new))
        });
    }

    fn take_lease(&mut self, run: RunId) {
        let Some(delivery) = self.offers.get(&run) else {
            return;
        };
        let offer = delivery.value().clone();
        self.taking.insert(run, offer.clone());
        let leases = self.shop.leases.clone();
        self.tasks
            .spawn(async move { Done::Leased(run, leases.take(&offer).await) });
    }

    fn answer_for(&mut self, run: RunId, answer: Answer) {
        if let Some(delivery) = self.offers.remove(&run) {
            self.answer(delivery, answer);
        }
    }

    fn answer(&mut self, delivery: Delivery<Offer>, answer: Answer) {
        self.tasks.spawn(async move {
            match answer {
                Answer::Ack => delivery.ack().await,
                Answer::Return => delivery.nak(RETURNED_FOR).await,
            }
            Done::Answered
        });
    }

    fn start(&mut self, run: RunId, lease: Position) {
        let Some(offer) = self.taking.remove(&run) else {
            return;
        };
        tracing::info!(%run, attempt = %offer.attempt, "began an attempt");
        let stop = Stop::new();
        match Attempt::begin(self.shop.clone(), offer.clone(), lease, stop.clone()) {
            Ok((attempt, spool)) => {
                self.carry_out_attempt(attempt, spool, stop);
            }
            Err(error) => {
                let shop = self.shop.clone();
                let failed = async move {
                    attempt::fail(&shop, &offer, lease, &error).await;
                    Ending::Failed
                };
                self.tasks.spawn(survive(run, failed));
            }
        }
    }

    fn carry_out_attempt(&mut self, attempt: Attempt, spool: Spool, stop: Stop) -> RunId {
        let alive = attempt.alive();
        let run = alive.run;
        self.doing.insert(run, Doing { alive, stop });
        self.tasks.spawn(survive(run, attempt.carry_out(spool)));
        run
    }

    fn release(&mut self, run: RunId, lease: Position) {
        let Some(offer) = self.taking.remove(&run) else {
            return;
        };
        let leases = self.shop.leases.clone();
        self.tasks.spawn(async move {
            let reason = "the worker is leaving";
            let released = leases.release(run, offer.attempt, lease, reason).await;
            if let Stepped::Unclear(error) = released {
                tracing::warn!(%run, %error, "failed to give the run back");
            }
            Done::Answered
        });
    }

    fn stop(&self, run: RunId, reason: StopReason) {
        if let Some(doing) = self.doing.get(&run) {
            doing.stop.request(reason);
        }
    }

    fn prune(&self) {
        let options = &self.shop.options;
        if let Err(error) = workspace::prune(&options.state_dir, options.keep_workspaces) {
            tracing::warn!(%error, "failed to remove an old workspace");
        }
    }

    async fn beat(&self) {
        // Until it is known to be fit it is heard for what it has taken up, and offers nothing.
        if !self.dispatcher.is_ready() && self.doing.is_empty() {
            return;
        }
        let taking = if self.dispatcher.is_draining() {
            Taking::NoMore
        } else {
            Taking::More
        };
        let held = self.doing.values().map(|doing| &doing.alive);
        let drain = self.drained.by();
        let now = self.shop.clock.now();
        let free = self.dispatcher.free();
        self.heart.beat(now, taking, free, drain, held).await;
    }
}

/// The next offer, if there is one in time. The search is ended in order rather than dropped, so
/// that no offer is left on its way.
async fn next_within(
    source: &mut OfferSource,
    stop: &CancellationToken,
    wait: Duration,
) -> Option<Delivery<Offer>> {
    let limit = stop.child_token();
    let mut next = std::pin::pin!(source.next(&limit));
    tokio::select! {
        biased;
        found = &mut next => return found,
        () = sleep(wait) => limit.cancel(),
    }
    next.await
}

/// What the run takes. A number that cannot be read is refused when the request is checked, before
/// anything is done.
fn slots_of(offer: &Offer) -> Slots {
    let given = offer.spec.slots.map(Slots::new);
    given.and_then(Result::ok).unwrap_or_default()
}

/// What an offer is answered with.
#[derive(Clone, Copy)]
enum Answer {
    Ack,
    Return,
}

/// An attempt's panic is its own: it is not beaten for any more, so that the supervisor misses it.
async fn survive(run: RunId, work: impl Future<Output = Ending>) -> Done {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    let ending = ended.unwrap_or_else(|_| {
        tracing::error!(%run, "an attempt panicked; its lease will be missed");
        Ending::GivenUp
    });
    Done::Ended(run, ending)
}

async fn deadline(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
