//! Taking offers: sweep the queues in order of priority without waiting, then sleep until one of
//! them gets an offer.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_nats::jetstream::consumer::{Consumer, pull};
use baton_domain::{Capability, Pool, Position, Priority, Route, RunType};
use baton_wire::{Decoded, Filter, Offer, subject::queue_name};
use futures::{FutureExt, StreamExt, future::select_all};
use tokio_util::sync::CancellationToken;

use crate::{
    connect::{Bus, describe},
    delivery::Delivery,
    error::BusError,
    retry::Delays,
    stream::RawMessage,
};

/// The longest and shortest sleep of an idle worker: wake-ups can be lost, the sweep cannot.
const SLEEP_MS: std::ops::Range<u64> = 2000..5000;

/// Whose offers are taken.
#[derive(Debug, Clone)]
pub struct OfferScope {
    /// Of these pools.
    pub pools: BTreeSet<Pool>,
    /// Of these run types.
    pub run_types: BTreeSet<RunType>,
    /// That need no more than these.
    pub capabilities: BTreeSet<Capability>,
}

/// A worker's view of the queues.
#[derive(Debug)]
pub struct OfferSource {
    bus: Bus,
    scope: OfferScope,
    queues: BTreeMap<(Route, Priority), Consumer<pull::Config>>,
    turn: usize,
}

impl Bus {
    /// The offers that a worker may take.
    #[must_use]
    pub fn offers(&self, scope: OfferScope) -> OfferSource {
        OfferSource {
            bus: self.clone(),
            scope,
            queues: BTreeMap::new(),
            turn: 0,
        }
    }
}

impl OfferSource {
    /// The next offer, of the highest priority that has one; `None` once `stop` is cancelled.
    /// Survives every outage of the broker.
    pub async fn next(&mut self, stop: &CancellationToken) -> Option<Delivery<Offer>> {
        let mut delays = Delays::default();
        loop {
            match stop.run_until_cancelled(self.sweep_and_sleep()).await? {
                Ok(Some(offer)) => return Some(offer),
                Ok(None) => delays = Delays::default(),
                Err(error) => {
                    tracing::warn!(%error, "failed to look for offers; trying again");
                    stop.run_until_cancelled(delays.wait()).await?;
                }
            }
        }
    }

    async fn sweep_and_sleep(&mut self) -> Result<Option<Delivery<Offer>>, BusError> {
        self.refresh().await?;
        if let Some(offer) = self.sweep().await? {
            return Ok(Some(offer));
        }
        // Subscribed before the second sweep, so that no offer falls between the two.
        let mut wakers = self.subscribe().await?;
        if let Some(offer) = self.sweep().await? {
            return Ok(Some(offer));
        }
        let sleep = tokio::time::sleep(self.nap());
        if wakers.is_empty() {
            sleep.await;
        } else {
            let woken = select_all(wakers.iter_mut().map(|waker| waker.next().boxed()));
            let _ = futures::future::select(std::pin::pin!(sleep), woken).await;
        }
        self.sweep().await
    }

    /// Learns of queues that were made since the last time.
    async fn refresh(&mut self) -> Result<(), BusError> {
        if self.queues.is_empty() {
            self.make_base_queues().await?;
        }
        let stream = self.bus.runs().await?;
        for (route, priority) in self.bus.queues().await? {
            let scope = &self.scope;
            let mine = route.admits(&scope.pools, &scope.run_types, &scope.capabilities);
            if !mine || self.queues.contains_key(&(route.clone(), priority)) {
                continue;
            }
            let name = queue_name(&route, priority);
            let found = stream.get_consumer::<pull::Config>(&name).await;
            let consumer = found.map_err(|error| BusError::Unavailable(error.to_string()))?;
            self.queues.insert((route, priority), consumer);
        }
        Ok(())
    }

    /// A worker's plain queues exist before their first offer, so that it wakes for it at once.
    async fn make_base_queues(&self) -> Result<(), BusError> {
        for pool in &self.scope.pools {
            for run_type in &self.scope.run_types {
                let route = Route {
                    pool: pool.clone(),
                    run_type: *run_type,
                    capabilities: BTreeSet::new(),
                };
                self.bus.ensure_queue(&route).await?;
            }
        }
        Ok(())
    }

    async fn sweep(&mut self) -> Result<Option<Delivery<Offer>>, BusError> {
        self.turn = self.turn.wrapping_add(1);
        for priority in Priority::ALL {
            let mut routes: Vec<Route> = self
                .queues
                .keys()
                .filter(|(_, p)| p == priority)
                .map(|(route, _)| route.clone())
                .collect();
            if !routes.is_empty() {
                // Routes of one priority take turns in being asked first.
                let first = self.turn % routes.len();
                routes.rotate_left(first);
            }
            for route in routes {
                if let Some(offer) = self.take(&(route, *priority)).await? {
                    return Ok(Some(offer));
                }
            }
        }
        Ok(None)
    }

    async fn take(
        &mut self,
        queue: &(Route, Priority),
    ) -> Result<Option<Delivery<Offer>>, BusError> {
        let Some(consumer) = self.queues.get(queue) else {
            return Ok(None);
        };
        let unavailable = |error: &dyn std::error::Error| BusError::Unavailable(describe(error));
        let mut batch = consumer
            .fetch()
            .max_messages(1)
            .messages()
            .await
            .map_err(|error| unavailable(&error))?;
        while let Some(message) = batch.next().await {
            let message = match message {
                Ok(message) => message,
                Err(error) => {
                    // The queue may have been deleted: it is looked up afresh next time.
                    self.queues.remove(queue);
                    return Err(BusError::Unavailable(error.to_string()));
                }
            };
            let raw = RawMessage::try_from(&message)?;
            match Decoded::read(&raw.subject, &raw.payload) {
                Ok((_, Decoded::Offer(offer))) => {
                    return Ok(Some(Delivery::new(*offer, raw.position, message)));
                }
                read => pass_over(&message, raw.position, &read).await?,
            }
        }
        Ok(None)
    }

    async fn subscribe(&self) -> Result<Vec<async_nats::Subscriber>, BusError> {
        let routes: BTreeSet<&Route> = self.queues.keys().map(|(route, _)| route).collect();
        let mut wakers = Vec::with_capacity(routes.len());
        for route in routes {
            // A queue group: an offer wakes one idle worker, not all.
            let woken = self.bus.client.queue_subscribe(
                Filter::Route(route.clone()).to_string(),
                format!("idle-{route}"),
            );
            wakers.push(
                woken
                    .await
                    .map_err(|error| BusError::Unavailable(describe(&error)))?,
            );
        }
        Ok(wakers)
    }

    fn nap(&self) -> Duration {
        // Spread over the range by the turn: workers that fell asleep together do not wake together.
        let spread = (self.turn as u64).wrapping_mul(7919) % (SLEEP_MS.end - SLEEP_MS.start);
        Duration::from_millis(SLEEP_MS.start + spread)
    }
}

async fn pass_over<T: std::fmt::Debug>(
    message: &async_nats::jetstream::Message,
    position: Position,
    read: &T,
) -> Result<(), BusError> {
    tracing::error!(%position, subject = %message.subject, ?read, "passed over an offer that cannot be read");
    message
        .ack()
        .await
        .map_err(|error| BusError::Unavailable(error.to_string()))
}
