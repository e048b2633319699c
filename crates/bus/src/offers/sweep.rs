//! Looking through the queues, without waiting at any.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_nats::jetstream::{
    self,
    consumer::{PullConsumer, pull},
};
use baton_domain::Route;
use baton_wire::{Decoded, Offer, subject::queue_name};
use futures::StreamExt as _;

use tokio::time::Instant;

use super::{
    OfferScope,
    alarm::Ring,
    order::{Holds, Order, Queue, Room},
    sessions::Sessions,
};
use crate::{connect::Bus, delivery::Delivery, error::BusError, message, topology::RUNS};

/// How long a woken worker waits for the offer that woke it: the hint may be heard before the queue
/// has it.
const ARRIVAL: Duration = Duration::from_millis(250);

/// The longest wait for an answer that says "nothing here".
const ANSWER: Duration = Duration::from_secs(2);

/// How often queues are asked whether they hold what does not fit now.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The queues that a worker may serve.
#[derive(Debug)]
pub(super) struct Sweeper {
    bus: Bus,
    scope: OfferScope,
    queues: BTreeMap<Queue, PullConsumer>,
    order: Order,
    /// What the order's time counts from.
    began: Instant,
    /// When queues were asked last whether they hold what does not fit.
    looked: Option<Duration>,
    /// Whether there may be queues that are not known yet.
    stale: bool,
    sessions: Sessions,
}

impl Sweeper {
    pub(super) fn new(bus: Bus, scope: OfferScope) -> Self {
        Self {
            bus,
            scope,
            queues: BTreeMap::new(),
            order: Order::default(),
            began: Instant::now(),
            looked: None,
            stale: true,
            sessions: Sessions::default(),
        }
    }

    /// The routes worth listening to: those with queues, and those that are known anyway.
    pub(super) fn routes(&self) -> BTreeSet<Route> {
        let mut routes = self.scope.plain_routes();
        routes.extend(self.queues.keys().map(|queue| queue.route.clone()));
        routes
    }

    /// Looks for new queues with the next sweep.
    pub(super) const fn look_for_queues(&mut self) {
        self.stale = true;
    }

    /// The first offer that there is now, in the order of [`Order`].
    pub(super) async fn sweep(&mut self, room: Room) -> Option<Delivery<Offer>> {
        if self.stale
            && let Err(error) = self.learn_queues().await
        {
            tracing::debug!(%error, "failed to list the queues");
        }
        self.look_at_heavy(room).await;
        for queue in self.plan(room) {
            let consumer = self.queues.get(&queue)?;
            let taken = take(consumer.fetch().max_messages(1).messages(), ANSWER).await;
            match taken {
                Ok(Some(offer)) => {
                    self.order.gave(&queue);
                    return Some(offer);
                }
                Ok(None) => self
                    .order
                    .seen(&queue, Holds::Nothing, self.began.elapsed()),
                Err(error) => {
                    tracing::debug!(%error, "a queue cannot be read");
                    self.forget_all();
                    return None;
                }
            }
        }
        None
    }

    fn plan(&self, room: Room) -> Vec<Queue> {
        self.order
            .plan(self.queues.keys(), room, self.began.elapsed())
    }

    /// Asks the queues whose runs do not fit now whether they hold any, now and then.
    async fn look_at_heavy(&mut self, room: Room) {
        let now = self.began.elapsed();
        if self.looked.is_some_and(|at| now - at < LOOK_EVERY) {
            return;
        }
        self.looked = Some(now);
        let heavy: Vec<Queue> = Order::too_heavy(self.queues.keys(), room)
            .cloned()
            .collect();
        for queue in heavy {
            let Some(consumer) = self.queues.get(&queue) else {
                continue;
            };
            match tokio::time::timeout(ANSWER, consumer.get_info()).await {
                Ok(Ok(info)) => {
                    // Offers that were given out and came back are among those not acknowledged.
                    let waits = info.num_pending > 0 || info.num_ack_pending > 0;
                    let holds = if waits { Holds::Offers } else { Holds::Nothing };
                    self.order.seen(&queue, holds, now);
                }
                Ok(Err(error)) => tracing::debug!(%error, "a queue cannot be asked"),
                Err(_) => tracing::debug!("a queue did not answer"),
            }
        }
    }

    /// The first offer after a ring; waits a moment for the one that rang, if it fits.
    pub(super) async fn await_arrival(
        &mut self,
        ring: Ring,
        room: Room,
    ) -> Option<Delivery<Offer>> {
        let rung = Queue {
            priority: ring.priority,
            route: ring.route,
        };
        if !self.queues.contains_key(&rung) {
            self.stale = true;
        }
        if let Some(found) = self.sweep(room).await {
            return Some(found);
        }
        if !self.plan(room).contains(&rung) {
            return None;
        }
        let consumer = self.queues.get(&rung)?;
        let request = consumer.batch().max_messages(1).expires(ARRIVAL).messages();
        let found = take(request, ARRIVAL + ANSWER).await.ok().flatten()?;
        self.order.gave(&rung);
        Some(found)
    }

    async fn learn_queues(&mut self) -> Result<(), BusError> {
        for (route, priority) in self.bus.queues().await? {
            let name = queue_name(&route, priority);
            let queue = Queue { priority, route };
            if !self.scope.admits(&queue.route) || self.queues.contains_key(&queue) {
                continue;
            }
            if let Some(consumer) = self.open(name).await? {
                self.queues.insert(queue, consumer);
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
        self.queues.clear();
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
