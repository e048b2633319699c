//! Queued runs whose offer nobody can take any more: somebody acknowledged it without taking the
//! lease, or it fell out of the stream. They are offered again.
//!
//! Nothing here is timed. A worker takes the lease before it acknowledges the offer. So the queues
//! are asked first, how far everything is acknowledged, and then the stream, how long it is: once
//! the tables reach that far, a run that is still queued though its offer is acknowledged has
//! nobody. That holds however long runs wait, and whoever is slow.

use std::{collections::HashMap, time::Duration};

use baton_bus::BusError;
use baton_domain::{Position, Priority, Route, RunId};
use baton_store::{PositionFeed, StoredRun, runs};
use baton_wire::Filter;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::{SupervisorDeps, SupervisorOptions, publish};

/// How long broker or store may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Queued runs that are looked at in one sweep; the next one goes on behind them.
const PAGE: u32 = 200;

/// How far the queues were acknowledged at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Floors {
    queues: HashMap<(Route, Priority), Position>,
    /// The first position that the stream still held.
    first: Position,
    /// The last position of the stream, asked for after the queues.
    through: Position,
}

/// What becomes of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Some worker will get it.
    Waiting,
    /// Nobody will get it any more.
    Gone,
}

impl Floors {
    /// What becomes of an offer that lies at this position. A queue that does not exist has
    /// everything before it.
    pub(crate) fn fate(&self, queue: &(Route, Priority), offer: Position) -> Fate {
        let acknowledged = self.queues.get(queue).is_some_and(|floor| offer <= *floor);
        if acknowledged || offer < self.first {
            Fate::Gone
        } else {
            Fate::Waiting
        }
    }
}

/// Nothing that ends by itself.
pub(crate) enum Never {}

/// Sweeps for as long as the database can be reached, and begins anew once it is back.
pub(crate) async fn always(
    deps: &SupervisorDeps,
    feed: &PositionFeed,
    options: &SupervisorOptions,
) -> Never {
    let mut sweep = Sweep::new(options.sweep);
    let mut ticks = interval(options.tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let history = feed.now();
        if history.is_up() {
            sweep.step(deps, history.position()).await;
        } else {
            sweep.forget();
        }
    }
}

/// The sweeping.
#[derive(Debug)]
struct Sweep {
    every: Duration,
    last: Option<Instant>,
    floors: Option<Floors>,
    /// Where the next page of queued runs begins.
    after: Option<RunId>,
}

impl Sweep {
    const fn new(every: Duration) -> Self {
        Self {
            every,
            last: None,
            floors: None,
            after: None,
        }
    }

    /// Takes the next step, if its time has come; `recorded` is how far the tables reach.
    async fn step(&mut self, deps: &SupervisorDeps, recorded: Position) {
        let done = match self.floors.take_if(|floors| floors.through <= recorded) {
            Some(floors) => self.offer_again(deps, &floors).await,
            None if self.floors.is_none() && self.is_due() => {
                self.last = Some(Instant::now());
                self.look(deps).await
            }
            None => return,
        };
        if let Err(error) = done {
            tracing::debug!(%error, "failed to look for offers that nobody can take");
        }
    }

    /// Forgets what was asked: it may be long over.
    fn forget(&mut self) {
        self.floors = None;
    }

    fn is_due(&self) -> bool {
        self.last.is_none_or(|last| last.elapsed() >= self.every)
    }

    async fn look(&mut self, deps: &SupervisorDeps) -> Result<(), SweepError> {
        let queues = timeout(ANSWER_WITHIN, deps.bus.queue_floors()).await??;
        let stream = timeout(ANSWER_WITHIN, deps.bus.stream_state()).await??;
        self.floors = Some(Floors {
            queues: queues.into_iter().collect(),
            first: stream.first,
            through: stream.last,
        });
        Ok(())
    }

    async fn offer_again(
        &mut self,
        deps: &SupervisorDeps,
        floors: &Floors,
    ) -> Result<(), SweepError> {
        let queued = runs::queued(&deps.store, self.after, PAGE);
        let queued = timeout(ANSWER_WITHIN, queued).await??;
        let is_last = queued.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        self.after = queued.last().map(StoredRun::id).filter(|_| !is_last);
        for run in queued {
            look_at(deps, floors, &run).await?;
        }
        Ok(())
    }
}

/// Offers a run again if neither its recorded offer nor a later one is waiting.
async fn look_at(
    deps: &SupervisorDeps,
    floors: &Floors,
    run: &StoredRun,
) -> Result<(), SweepError> {
    let Ok((_, route)) = publish::request(run) else {
        return Ok(());
    };
    let queue = (route, run.submission.priority);
    // The fact that queued a run is its offer.
    let offered = run.record.run.position;
    if floors.fate(&queue, offered) == Fate::Waiting {
        return Ok(());
    }
    let filter = Filter::RunOffers(run.id());
    let last = timeout(ANSWER_WITHIN, deps.bus.get_last(&filter)).await??;
    let last = last.map_or(offered, |message| message.position);
    if last > offered && floors.fate(&queue, last) == Fate::Waiting {
        return Ok(());
    }
    match publish::offer_again(deps, run, last).await {
        // It was taken meanwhile, or something else happened that the store does not know yet.
        Ok(()) | Err(baton_bus::PublishError::Fenced) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Why a sweep was broken off; the next one comes soon.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error("no answer in time")]
    Slow(#[from] tokio::time::error::Elapsed),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error(transparent)]
    Store(#[from] baton_store::StoreError),
    #[error(transparent)]
    Publish(#[from] baton_bus::PublishError),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn queue(pool: &str) -> (Route, Priority) {
        let route = format!("{pool}_command").parse().expect("a route");
        (route, Priority::Normal)
    }

    fn at(n: u64) -> Position {
        Position::new(n).expect("small")
    }

    proptest! {
        // W-12
        #[test]
        fn an_offer_is_gone_once_its_own_queue_has_passed_it_or_the_stream_has_dropped_it(
            offer in 1_u64..100, floor in 0_u64..100, other in 0_u64..100, first in 1_u64..100,
        ) {
            let floors = Floors {
                queues: HashMap::from([(queue("a"), at(floor)), (queue("b"), at(other))]),
                first: at(first),
                through: at(100),
            };
            let gone = offer <= floor || offer < first;
            let expected = if gone { Fate::Gone } else { Fate::Waiting };
            prop_assert_eq!(floors.fate(&queue("a"), at(offer)), expected);
            let unmade = floors.fate(&queue("c"), at(offer));
            prop_assert_eq!(unmade == Fate::Gone, offer < first);
        }
    }
}
