//! What wakes an idle worker: hints, which the broker gives when it has stored an offer; they name
//! the route and nothing else. Workers of one route share a queue group, so that one offer wakes
//! one of them.

use std::collections::BTreeSet;

use async_nats::Subscriber;
use baton_domain::{Priority, Route};
use baton_wire::{Filter, Subject};
use futures::{
    StreamExt as _,
    stream::{SelectAll, select_all},
};

use crate::{connect::Bus, error::BusError};

/// Subscriptions that ring when an offer is published. Dropping it ends them.
#[derive(Debug)]
pub(super) struct Alarm(SelectAll<Subscriber>);

/// Where an offer was heard.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) route: Route,
    pub(super) priority: Priority,
}

impl Alarm {
    /// Listens to routes; the broker knows of it when this returns.
    pub(super) async fn set(bus: &Bus, routes: BTreeSet<Route>) -> Result<Self, BusError> {
        let mut all = Vec::with_capacity(routes.len());
        for route in routes {
            let group = route.to_string();
            let heard = bus
                .client()
                .queue_subscribe(Filter::Hints(route).to_string(), group)
                .await
                .map_err(BusError::unavailable)?;
            all.push(heard);
        }
        bus.flush().await?;
        Ok(Self(select_all(all)))
    }

    /// The next offer heard.
    pub(super) async fn ring(&mut self) -> Ring {
        loop {
            let Some(message) = self.0.next().await else {
                // Nothing to listen to: only the fallback wakes.
                return std::future::pending().await;
            };
            if let Ok(Subject::Hint { route, priority }) = message.subject.parse() {
                return Ring { route, priority };
            }
        }
    }
}
