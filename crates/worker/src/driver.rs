//! The thin shell around the dispatcher: turns what happens into inputs and effects into tasks.

mod attempts;
mod drains;
mod offers;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use baton_bus::{Delivery, OfferScope, OfferSource, Room};
use baton_domain::{Pool, RunId, RunSpec, Slots};
use baton_wire::Offer;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Ending, WorkerError,
    attempt::Shop,
    beat::{Alive, Heart, Taking},
    control::Helm,
    dispatcher::{Dispatcher, Effect, Input, Turns},
    drain::{Drained, Drains},
    lease::Stepped,
    options::{Mode, OnStop, WorkerOptions},
    preflight::{PreflightError, PreflightReport},
    recover::Left,
    stop::Stop,
};

use offers::Answer;

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
    helm: Helm,
    /// Whose queue it came from.
    pool: Pool,
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
    /// Runs that the token does not allow, of which that was said.
    forbidden: HashSet<RunId>,
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
            forbidden: HashSet::new(),
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

/// What the run takes. A number that cannot be read is refused when the request is checked, before
/// anything is done.
fn slots_of(offer: &Offer) -> Slots {
    let given = offer.spec.slots.map(Slots::new);
    given.and_then(Result::ok).unwrap_or_default()
}

/// Whose queue the run came from.
fn pool_of(offer: &Offer) -> Pool {
    let spec = RunSpec::try_from(&offer.spec);
    spec.map_or_else(|_| Pool::default_pool(), |spec| spec.pool)
}

async fn deadline(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
