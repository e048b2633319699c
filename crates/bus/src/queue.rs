//! The queues of offers: a durable consumer for each route and priority, made when the route's
//! first run is submitted. Subjects are cheap, consumers are dear: never one per run.

use async_nats::jetstream::consumer;
use baton_domain::{Position, Priority, Route};
use baton_wire::subject::parse_queue_name;
use futures::TryStreamExt as _;

use crate::{connect::Bus, error::BusError, message, topology::RUNS};

impl Bus {
    /// Makes sure that the offers of a route wait in queues. Asks the broker once per route.
    ///
    /// # Errors
    /// [`BusError::Refused`] when the broker holds as many consumers as it may,
    /// [`BusError::Unavailable`] when it does not answer.
    pub async fn ensure_queue(&self, route: &Route) -> Result<(), BusError> {
        if self.known_queues().lock().await.contains(route) {
            return Ok(());
        }
        for priority in Priority::ALL {
            self.put_consumer(&self.topology().queue(route, *priority))
                .await?;
        }
        self.known_queues().lock().await.insert(route.clone());
        Ok(())
    }

    /// How far each queue has been acknowledged: every offer of it up to there was acknowledged,
    /// and comes to nobody any more.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer or has no stream.
    pub async fn queue_floors(&self) -> Result<Vec<((Route, Priority), Position)>, BusError> {
        let stream = self
            .jetstream()
            .get_stream_no_info(RUNS)
            .await
            .map_err(BusError::unavailable)?;
        let infos: Vec<consumer::Info> = stream
            .consumers()
            .try_collect()
            .await
            .map_err(BusError::unavailable)?;
        Ok(infos
            .iter()
            .filter_map(|info| {
                let queue = parse_queue_name(&info.name)?;
                Some((queue, message::position(info.ack_floor.stream_sequence)))
            })
            .collect())
    }

    /// The queues that exist.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer or has no stream.
    pub async fn queues(&self) -> Result<Vec<(Route, Priority)>, BusError> {
        let stream = self
            .jetstream()
            .get_stream_no_info(RUNS)
            .await
            .map_err(BusError::unavailable)?;
        let names: Vec<String> = stream
            .consumer_names()
            .try_collect()
            .await
            .map_err(BusError::unavailable)?;
        Ok(names
            .iter()
            .filter_map(|name| parse_queue_name(name))
            .collect())
    }
}
