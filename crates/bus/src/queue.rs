//! Queues: three durable consumers a route, made when a route is first used.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use async_nats::jetstream::consumer;
use baton_domain::{Priority, Route};
use baton_wire::{Filter, subject::parse_queue_name, subject::queue_name};
use futures::TryStreamExt;

use crate::{
    connect::{Bus, describe},
    error::BusError,
    topology,
};

/// Routes whose queues this process has made or seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownQueues(Arc<Mutex<BTreeSet<Route>>>);

impl KnownQueues {
    fn contains(&self, route: &Route) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(route)
    }

    fn insert(&self, route: &Route) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(route.clone());
    }
}

impl Bus {
    /// Makes sure that a route's runs can be taken. Costs nothing from the second time on.
    ///
    /// # Errors
    /// When the broker does not answer, or refuses.
    pub async fn ensure_queue(&self, route: &Route) -> Result<(), BusError> {
        if self.known_queues.contains(route) {
            return Ok(());
        }
        let stream = self.runs().await?;
        for priority in Priority::ALL {
            let config = queue(route, *priority)?;
            stream
                .create_consumer(config)
                .await
                .map_err(|error| BusError::Topology {
                    what: format!("failed to make the queue {}", queue_name(route, *priority)),
                    reason: describe(&error),
                })?;
        }
        self.known_queues.insert(route);
        Ok(())
    }

    /// The queues that there are.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn queues(&self) -> Result<Vec<(Route, Priority)>, BusError> {
        let names: Vec<String> = self
            .runs()
            .await?
            .consumer_names()
            .try_collect()
            .await
            .map_err(|error| BusError::Unavailable(describe(&error)))?;
        Ok(names
            .iter()
            .filter_map(|name| parse_queue_name(name))
            .collect())
    }
}

fn queue(route: &Route, priority: Priority) -> Result<consumer::pull::Config, BusError> {
    let mut config = topology::queue_template()?;
    config.durable_name = Some(queue_name(route, priority));
    config.name = None;
    config.filter_subject = Filter::Offers(route.clone(), priority).to_string();
    Ok(config)
}
