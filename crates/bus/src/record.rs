//! The recorder's feed: everything, in order, without a hole. Acknowledging is housekeeping; what
//! counts is the position that the recorder keeps with its rows.

use std::time::Duration;

use async_nats::jetstream::consumer::{Consumer, pull};
use baton_domain::Position;
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::{
    connect::{Bus, describe},
    error::BusError,
    stream::RawMessage,
};

const RECORDER: &str = "recorder";
/// How many messages one pull asks for.
const PULL: usize = 1000;

/// Everything after a position. Any error means: open it again at the last position kept.
pub struct RecordSource {
    messages: pull::Stream,
    last: Position,
    /// A hole that was looked at afresh and is really there: its messages are gone from the stream.
    checked_hole: bool,
    unacknowledged: Option<async_nats::jetstream::Message>,
    held_back: Option<RawMessage>,
    bus: Bus,
}

impl std::fmt::Debug for RecordSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordSource")
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

impl Bus {
    /// Opens the recorder's feed right after a position. There is one such feed: opening it takes
    /// it from whoever had it.
    ///
    /// # Errors
    /// When the broker does not answer, or has no such consumer.
    pub async fn record_from(&self, after: Position) -> Result<RecordSource, BusError> {
        let messages = open(self, after).await?;
        Ok(RecordSource {
            messages,
            last: after,
            checked_hole: false,
            unacknowledged: None,
            held_back: None,
            bus: self.clone(),
        })
    }
}

impl RecordSource {
    /// At least one message and at most `max`, waiting up to `patience` for the first; empty when
    /// none came.
    ///
    /// # Errors
    /// When the feed broke.
    pub async fn next_batch(
        &mut self,
        max: usize,
        patience: Duration,
    ) -> Result<Vec<RawMessage>, BusError> {
        let mut batch: Vec<RawMessage> = self.held_back.take().into_iter().collect();
        let deadline = Instant::now() + patience;
        while batch.len() < max {
            let next = self.messages.next();
            let message = if batch.is_empty() {
                let Ok(message) = timeout_at(deadline, next).await else {
                    break;
                };
                message
            } else {
                // What is here already, without waiting for more.
                let Some(message) = futures::FutureExt::now_or_never(next) else {
                    break;
                };
                message
            };
            let message = message
                .ok_or_else(|| BusError::Unavailable("the recorder's feed ended".to_owned()))?;
            let message = message.map_err(|error| BusError::Unavailable(describe(&error)))?;
            let raw = RawMessage::try_from(&message)?;
            if raw.position <= self.last {
                continue;
            }
            if u64::from(raw.position) > u64::from(self.last) + 1 && !self.checked_hole {
                self.reopen().await?;
                continue;
            }
            self.checked_hole = false;
            self.last = raw.position;
            self.unacknowledged = Some(message);
            batch.push(raw);
        }
        Ok(batch)
    }

    /// Everything that was given out is kept: the broker need not remember it for us.
    ///
    /// # Errors
    /// When this cannot be sent. Nothing is lost by that.
    pub async fn ack_all(&mut self) -> Result<(), BusError> {
        let Some(message) = self.unacknowledged.take() else {
            return Ok(());
        };
        message
            .ack()
            .await
            .map_err(|error| BusError::Unavailable(error.to_string()))
    }

    /// A hole is either a lost delivery, which comes again, or messages that the stream has no more.
    async fn reopen(&mut self) -> Result<(), BusError> {
        tracing::info!(after = %self.last, "the recorder's feed has a hole; reading it again");
        self.messages = open(&self.bus, self.last).await?;
        self.checked_hole = true;
        Ok(())
    }
}

/// The consumer, set back to right after a position: what it once delivered but nobody kept comes
/// again at once and in order.
async fn open(bus: &Bus, after: Position) -> Result<pull::Stream, BusError> {
    let stream = bus.runs().await?;
    let missing = |error: &dyn std::error::Error| BusError::Topology {
        what: format!("the consumer {RECORDER} cannot be read"),
        reason: describe(error),
    };
    stream
        .reset_consumer(RECORDER, Some(u64::from(after) + 1))
        .await
        .map_err(|error| missing(&error))?;
    let consumer: Consumer<pull::Config> = stream
        .get_consumer(RECORDER)
        .await
        .map_err(|error| BusError::Unavailable(error.to_string()))?;
    consumer
        .stream()
        .max_messages_per_batch(PULL)
        .heartbeat(Duration::from_secs(2))
        .expires(Duration::from_secs(10))
        .messages()
        .await
        .map_err(|error| missing(&error))
}
