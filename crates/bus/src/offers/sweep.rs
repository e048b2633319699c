//! Looking through the queues: the most urgent priority first, the routes of one priority in
//! turn, without waiting at any.

use std::{collections::BTreeSet, time::Duration};

use async_nats::jetstream::{
    self,
    consumer::{PullConsumer, pull},
};
use baton_domain::{Priority, Route};
use baton_wire::{Decoded, Offer, subject::queue_name};
use futures::StreamExt as _;

use super::{OfferScope, alarm::Ring, sessions::Sessions};
use crate::{connect::Bus, delivery::Delivery, error::BusError, message, topology::RUNS};

/// How long a woken worker waits for the offer that woke it: the hint may be heard before the queue
/// has it.
const ARRIVAL: Duration = Duration::from_millis(250);

/// The longest wait for an answer that says "nothing here".
const ANSWER: Duration = Duration::from_secs(2);

/// The queues that a worker may serve.
#[derive(Debug)]
pub(super) struct Sweeper {
    bus: Bus,
    scope: OfferScope,
    /// By priority, the most urgent first.
    ranks: Vec<Rank>,
    known: BTreeSet<(Route, String)>,
    /// Whether there may be queues that are not known yet.
    stale: bool,
    sessions: Sessions,
}

/// The queues of one priority.
#[derive(Debug)]
struct Rank {
    priority: Priority,
    queues: Vec<Queue>,
    /// Where the next sweep begins: behind the queue that gave last.
    turn: usize,
}

#[derive(Debug, Clone)]
struct Queue {
    route: Route,
    consumer: PullConsumer,
}

impl Sweeper {
    pub(super) fn new(bus: Bus, scope: OfferScope) -> Self {
        let rank = |priority: &Priority| Rank {
            priority: *priority,
            queues: Vec::new(),
            turn: 0,
        };
        Self {
            bus,
            scope,
            ranks: Priority::ALL.iter().map(rank).collect(),
            known: BTreeSet::new(),
            stale: true,
            sessions: Sessions::default(),
        }
    }

    /// The routes worth listening to: those with queues, and those that are known anyway.
    pub(super) fn routes(&self) -> BTreeSet<Route> {
        let mut routes = self.scope.plain_routes();
        let queues = self.ranks.iter().flat_map(|rank| &rank.queues);
        routes.extend(queues.map(|queue| queue.route.clone()));
        routes
    }

    /// Looks for new queues with the next sweep.
    pub(super) const fn look_for_queues(&mut self) {
        self.stale = true;
    }

    /// The most urgent offer that there is now.
    pub(super) async fn sweep(&mut self) -> Option<Delivery<Offer>> {
        if self.stale
            && let Err(error) = self.learn_queues().await
        {
            tracing::debug!(%error, "failed to list the queues");
        }
        for rank in 0..self.ranks.len() {
            if let Some(found) = self.sweep_rank(rank).await {
                return Some(found);
            }
        }
        None
    }

    async fn sweep_rank(&mut self, rank: usize) -> Option<Delivery<Offer>> {
        let Rank { queues, turn, .. } = &self.ranks[rank];
        let count = queues.len();
        let order: Vec<usize> = (0..count).map(|n| (turn + n) % count).collect();
        for index in order {
            let consumer = &self.ranks[rank].queues[index].consumer;
            let taken = take(consumer.fetch().max_messages(1).messages(), ANSWER).await;
            match taken {
                Ok(Some(offer)) => {
                    self.ranks[rank].turn = index + 1;
                    return Some(offer);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, "a queue cannot be read");
                    self.forget_all();
                    return None;
                }
            }
        }
        None
    }

    /// The most urgent offer after a ring; waits a moment for the one that rang.
    pub(super) async fn await_arrival(&mut self, ring: &Ring) -> Option<Delivery<Offer>> {
        if self.queue_of(ring).is_none() {
            self.stale = true;
        }
        if let Some(found) = self.sweep().await {
            return Some(found);
        }
        let consumer = self.queue_of(ring)?.consumer.clone();
        let request = consumer.batch().max_messages(1).expires(ARRIVAL).messages();
        take(request, ARRIVAL + ANSWER).await.ok().flatten()
    }

    fn queue_of(&self, ring: &Ring) -> Option<&Queue> {
        let rank = self.ranks.iter().find(|r| r.priority == ring.priority)?;
        rank.queues.iter().find(|queue| queue.route == ring.route)
    }

    async fn learn_queues(&mut self) -> Result<(), BusError> {
        for (route, priority) in self.bus.queues().await? {
            let name = queue_name(&route, priority);
            let key = (route.clone(), name.clone());
            if !self.scope.admits(&route) || self.known.contains(&key) {
                continue;
            }
            let Some(consumer) = self.open(name).await? else {
                continue;
            };
            if let Some(rank) = self.ranks.iter_mut().find(|r| r.priority == priority) {
                rank.queues.push(Queue { route, consumer });
                self.known.insert(key);
            }
        }
        self.stale = false;
        Ok(())
    }

    /// A queue's consumer; none when this session does not allow it. Then the next session may:
    /// it is asked for once for each new queue.
    async fn open(&mut self, name: String) -> Result<Option<PullConsumer>, BusError> {
        if self.sessions.is_closed(&name) {
            return Ok(None);
        }
        let mut denials = self.bus.denials();
        denials.mark_unchanged();
        let jetstream = self.bus.jetstream();
        let opened = tokio::select! {
            opened = jetstream.get_consumer_from_stream(name.clone(), RUNS) => opened,
            _ = denials.changed(), if self.bus.is_guarded() => {
                return self.sessions.denied(&self.bus, name).await.map(|()| None);
            }
        };
        self.sessions.opened(&name);
        opened.map(Some).map_err(BusError::unavailable)
    }

    fn forget_all(&mut self) {
        self.known.clear();
        self.ranks.iter_mut().for_each(|rank| rank.queues.clear());
        self.stale = true;
    }
}

type Asked = Result<pull::Batch, async_nats::error::Error<pull::BatchErrorKind>>;

/// One offer of what a request brings. A message that is no offer is answered and left out: the
/// recorder keeps it as what it is.
async fn take(
    request: impl Future<Output = Asked>,
    longest: Duration,
) -> Result<Option<Delivery<Offer>>, BusError> {
    let taken = tokio::time::timeout(longest, async {
        let mut batch = request.await.map_err(BusError::unavailable)?;
        batch
            .next()
            .await
            .transpose()
            .map_err(BusError::unavailable)
    });
    let Some(message) = taken.await.map_err(BusError::unavailable)?? else {
        return Ok(None);
    };
    Ok(read(message).await)
}

async fn read(message: jetstream::Message) -> Option<Delivery<Offer>> {
    let position = message.info().ok().map(|info| info.stream_sequence)?;
    let decoded = Decoded::read(&message.subject, &message.payload);
    let (_, acker) = message.split();
    match decoded {
        Ok((_, Decoded::Offer(offer))) => {
            Some(Delivery::new(*offer, message::position(position), acker))
        }
        other => {
            let reason = other.err().map(|error| error.to_string());
            tracing::warn!(position, reason, "a message in a queue is no offer");
            if let Err(error) = acker.ack().await {
                tracing::debug!(%error, position, "an answer to a delivery was lost");
            }
            None
        }
    }
}
