//! The shell around the timers: hears beats, reads the store, publishes what the timers say.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use baton_bus::{Connection, PublishError};
use baton_domain::{Position, RunId};
use baton_store::{Lock, PositionFeed, StoreError, StoredRun, runs};
use baton_wire::Beat;
use futures::StreamExt;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    SupervisorDeps, SupervisorOptions,
    core::{Effect, Known, LiveLease, Periods, Timers},
    publish, sweep,
};

/// How long the store may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// At most so many retries are offered at once; the rest follows a tick later.
const OFFERS: u32 = 500;
/// How long a published decision may take to show in the store.
const REPEAT_AFTER: Duration = Duration::from_secs(5);
/// Between two looks that are not due to the tick.
const CALM: Duration = Duration::from_millis(20);
const LISTEN_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Watches until the lock is lost or the token says stop.
pub(crate) async fn watch(
    deps: &SupervisorDeps,
    options: &SupervisorOptions,
    mut lock: Lock,
    soft: &CancellationToken,
) {
    let feed = PositionFeed::start(&deps.store);
    let mut duty = OnDuty::new(deps, options);
    {
        let mut lost = pin!(lock.lost());
        // Beside the timers: a broker that is slow to answer keeps no beat waiting.
        let mut sweeping = pin!(sweep::always(deps, &feed, options));
        while !soft.is_cancelled() {
            tokio::select! {
                error = &mut lost => {
                    tracing::warn!(%error, "off duty: the lock is lost");
                    return;
                }
                never = &mut sweeping => match never {},
                () = duty.listen(&feed, soft) => {}
            }
        }
    }
    if let Err(error) = lock.release().await {
        tracing::debug!(%error, "the lock was lost while it was given back");
    }
}

/// Waits for a change, and until this moment when it comes before: what was published is recorded
/// within milliseconds, and what follows from it, such as the next offer, need not wait for a tick.
async fn changed_after<T>(history: &mut watch::Receiver<T>, calm: Instant) {
    sleep_until(calm).await;
    if history.changed().await.is_err() {
        // The feed outlives this duty.
        std::future::pending().await
    }
}

struct OnDuty<'a> {
    deps: &'a SupervisorDeps,
    options: &'a SupervisorOptions,
    since: Instant,
    timers: Timers,
    /// The position that the leases known to the timers belong to.
    leases_at: Option<Position>,
    due: BTreeMap<RunId, StoredRun>,
    looked_at: Instant,
}

impl<'a> OnDuty<'a> {
    fn new(deps: &'a SupervisorDeps, options: &'a SupervisorOptions) -> Self {
        let periods = Periods {
            lease: options.lease,
            deaf: (options.lease / 3).max(options.tick * 4),
            repeat: REPEAT_AFTER,
        };
        let now = Instant::now();
        Self {
            deps,
            options,
            since: now,
            timers: Timers::new(periods),
            leases_at: None,
            due: BTreeMap::new(),
            looked_at: now,
        }
    }

    fn now(&self) -> Duration {
        self.since.elapsed()
    }

    /// Hears beats and looks at the timers until told to stop, or until the beats break off.
    async fn listen(&mut self, feed: &PositionFeed, soft: &CancellationToken) {
        let mut connection = self.deps.bus.connection();
        let mut history = feed.subscribe();
        let mut beats = match self.deps.bus.beats().await {
            Ok(beats) => beats,
            Err(error) => {
                tracing::warn!(%error, "failed to listen for beats; trying again");
                self.timers.disconnected();
                sleep(LISTEN_AGAIN_AFTER).await;
                return;
            }
        };
        let up = *connection.borrow_and_update();
        self.note_connection(up);
        let mut ticks = interval(self.options.tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Beats first: what has been heard counts before any timer does.
            tokio::select! {
                biased;
                () = soft.cancelled() => return,
                beat = beats.next() => match beat {
                    Some(beat) => self.hear(&beat),
                    None => return self.timers.disconnected(),
                },
                changed = connection.changed() => {
                    let up = *connection.borrow_and_update();
                    self.note_connection(if changed.is_ok() { up } else { Connection::Down });
                }
                _ = ticks.tick() => self.look(feed).await,
                () = changed_after(&mut history, self.looked_at + CALM) => self.look(feed).await,
            }
        }
    }

    fn note_connection(&mut self, connection: Connection) {
        match connection {
            Connection::Up => self.timers.connected(self.now()),
            Connection::Down => self.timers.disconnected(),
        }
    }

    fn hear(&mut self, beat: &Beat) {
        let now = self.now();
        for held in &beat.runs {
            let lease = LiveLease {
                run: held.run,
                attempt: held.attempt,
                position: held.lease_position,
                worker: beat.worker.clone(),
            };
            self.timers.beat(now, &lease);
        }
    }

    /// Reads the store, and publishes what is due.
    async fn look(&mut self, feed: &PositionFeed) {
        let history = feed.now();
        let read = if history.is_up() {
            self.read(history.position()).await
        } else {
            Ok(false)
        };
        match read {
            Ok(true) => {
                let effects = self.timers.tick(self.now());
                self.perform(effects).await;
            }
            Ok(false) => self.forget(),
            Err(error) => {
                tracing::warn!(%error, "holding all decisions: the store cannot be read");
                self.forget();
            }
        }
        self.looked_at = Instant::now();
    }

    fn forget(&mut self) {
        self.timers.forget();
        self.leases_at = None;
        self.due.clear();
    }

    /// Takes over what the store knows; false when it did not answer in time.
    async fn read(&mut self, position: Position) -> Result<bool, StoreError> {
        let store = &self.deps.store;
        let due = runs::due(store, self.deps.clock.now(), OFFERS);
        let Ok(due) = timeout(ANSWER_WITHIN, due).await else {
            return Ok(false);
        };
        self.due = due?.into_iter().map(|run| (run.id(), run)).collect();
        let next = |(run, stored): (&RunId, &StoredRun)| (*run, stored.record.run.attempt.next());
        self.timers.due(self.due.iter().map(next));
        if self.leases_at == Some(position) {
            return Ok(true);
        }
        let Ok(leases) = timeout(ANSWER_WITHIN, runs::leased(store)).await else {
            return Ok(false);
        };
        let live = leases?.into_iter().map(|(run, lease)| Known {
            lease: LiveLease {
                run,
                attempt: lease.attempt,
                position: lease.position,
                worker: lease.worker,
            },
            release: lease.release,
        });
        let now = self.now();
        self.timers.leases(now, live);
        self.leases_at = Some(position);
        Ok(true)
    }

    async fn perform(&mut self, effects: Vec<Effect>) {
        let mut away = false;
        for effect in effects {
            if away {
                self.timers.undone(&effect);
                continue;
            }
            match self.publish(&effect).await {
                Ok(()) => {}
                // Something happened to the lease that the store does not know yet: it will.
                Err(PublishError::Fenced) => tracing::debug!(?effect, "overtaken"),
                Err(error) => {
                    tracing::warn!(%error, ?effect, "failed to publish a decision");
                    away = matches!(error, PublishError::Unavailable(_) | PublishError::Full);
                    if away {
                        self.timers.undone(&effect);
                    }
                }
            }
        }
    }

    async fn publish(&self, effect: &Effect) -> Result<(), PublishError> {
        match effect {
            Effect::DeclareLost(lease, why) => {
                publish::lease_lost(self.deps, lease, why, self.options.lease).await
            }
            Effect::Offer { run, attempt } => match self.due.get(run) {
                Some(stored) => publish::offer(self.deps, stored, *attempt).await,
                None => Ok(()),
            },
        }
    }
}
