//! Following the stream in order, without a gap, through restarts of the broker.
//!
//! Deliveries carry two numbers: the stream's and the consumer's own. The consumer's rises by one
//! with each delivery, so a jump means that deliveries were lost on the way (a broken connection,
//! a queue that overflowed); they would come again only after the acknowledgement wait, out of
//! order. The follower then starts anew right behind the last message that it handed out. The
//! ready-made ordered consumer needs two missed heartbeats of 15 s for the same.

use std::time::Duration;

use async_nats::jetstream::{
    Message,
    consumer::{self, AckPolicy, DeliverPolicy, pull},
    message::Acker,
};
use futures::{FutureExt as _, StreamExt as _};

use crate::{
    connect::Bus,
    error::BusError,
    message::RawMessage,
    retry::Pauses,
    topology::{RECORDER, RUNS},
};

/// How often the broker says that it is still there while there is nothing to deliver.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// How many messages the broker sends ahead.
const AHEAD: usize = 1_000;

/// Whose reading it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The recorder's durable consumer, set back to where the reading goes on.
    Recorder,
    /// A consumer of its own that the broker forgets by itself.
    Tail,
}

/// A reading of the stream that never ends.
#[derive(Debug)]
pub(crate) struct Follower {
    bus: Bus,
    reader: Reader,
    /// The last sequence that was handed out; none when the reading starts at the stream's end.
    last: Option<u64>,
    open: Option<Open>,
}

struct Open {
    messages: pull::Stream,
    /// The consumer's own number of the last delivery.
    delivered: u64,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open")
            .field("delivered", &self.delivered)
            .finish_non_exhaustive()
    }
}

/// A message in its place.
pub(crate) struct Followed {
    pub(crate) raw: RawMessage,
    /// What the broker had left to deliver when it sent this.
    pub(crate) pending: u64,
    pub(crate) acker: Acker,
}

/// What a delivery is, seen from the ones before.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// The one that follows.
    Next,
    /// One that was handed out before.
    Old,
    /// One that follows on others which never arrived.
    Gap,
}

impl Follower {
    pub(crate) const fn new(bus: Bus, reader: Reader, last: Option<u64>) -> Self {
        Self {
            bus,
            reader,
            last,
            open: None,
        }
    }

    /// Opens the reading now instead of with the first message.
    pub(crate) async fn open(&mut self) -> Result<(), BusError> {
        self.open = Some(self.start().await?);
        Ok(())
    }

    /// Whether the reading is open; what was delivered before it closed must not be acknowledged
    /// after.
    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The last sequence that was handed out.
    pub(crate) const fn last(&self) -> Option<u64> {
        self.last
    }

    /// The next message. May be cancelled at any time.
    pub(crate) async fn next(&mut self) -> Followed {
        loop {
            if self.open.is_none() {
                self.open = Some(self.start_somehow().await);
            }
            if let Some(followed) = self.step().await {
                return followed;
            }
        }
    }

    /// The next message, if it is already here.
    pub(crate) fn ready(&mut self) -> Option<Followed> {
        while self.open.is_some() {
            // Nothing but the arrival of messages is awaited while the reading is open.
            if let Some(followed) = self.step().now_or_never()? {
                return Some(followed);
            }
        }
        None
    }

    /// Takes one delivery, or notices that the reading has ended.
    async fn step(&mut self) -> Option<Followed> {
        let open = self.open.as_mut()?;
        let item = tokio::select! {
            biased;
            item = open.messages.next() => item,
            () = self.bus.down() => None,
        };
        match item {
            Some(Ok(message)) => self.take(message),
            Some(Err(error)) => {
                tracing::debug!(%error, reader = ?self.reader, "the reading is opened anew");
                self.open = None;
                None
            }
            None => {
                self.open = None;
                None
            }
        }
    }

    fn take(&mut self, message: Message) -> Option<Followed> {
        let open = self.open.as_mut()?;
        let Ok(info) = message.info() else {
            return None;
        };
        let (sequence, number) = (info.stream_sequence, info.consumer_sequence);
        match place(self.last, open.delivered, sequence, number) {
            Place::Next => {
                open.delivered = number;
                self.last = Some(sequence);
                let raw = RawMessage::of_delivery(&message, &info);
                let pending = info.pending;
                let (_, acker) = message.split();
                Some(Followed {
                    raw,
                    pending,
                    acker,
                })
            }
            Place::Old => {
                open.delivered = number;
                None
            }
            Place::Gap => {
                tracing::debug!(sequence, reader = ?self.reader, "deliveries were lost");
                self.open = None;
                None
            }
        }
    }

    async fn start_somehow(&mut self) -> Open {
        let mut pauses = Pauses::new();
        loop {
            self.bus.up().await;
            match self.start().await {
                Ok(open) => return open,
                Err(error) => tracing::debug!(%error, reader = ?self.reader, "trying again"),
            }
            pauses.pause().await;
        }
    }

    async fn start(&mut self) -> Result<Open, BusError> {
        let last = match self.last {
            Some(last) => last,
            None => self.bus.last_position().await?.get(),
        };
        self.last = Some(last);
        let (consumer, delivered) = match self.reader {
            Reader::Recorder => self.set_back(last + 1).await?,
            Reader::Tail => (self.ephemeral(last + 1).await?, 0),
        };
        let messages = consumer
            .stream()
            .max_messages_per_batch(AHEAD)
            .heartbeat(HEARTBEAT)
            .expires(HEARTBEAT * 5)
            .messages()
            .await
            .map_err(BusError::unavailable)?;
        Ok(Open {
            messages,
            delivered,
        })
    }

    async fn ephemeral(&self, start_sequence: u64) -> Result<consumer::PullConsumer, BusError> {
        let config = pull::Config {
            description: Some("a tail of the stream".to_owned()),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
            ack_policy: AckPolicy::None,
            memory_storage: true,
            inactive_threshold: Duration::from_secs(30),
            num_replicas: 1,
            ..pull::Config::default()
        };
        self.bus
            .jetstream()
            .create_consumer_on_stream(config, RUNS)
            .await
            .map_err(BusError::unavailable)
    }

    /// The durable consumer, so that its next delivery is the given sequence or a later one.
    async fn set_back(&self, next: u64) -> Result<(consumer::PullConsumer, u64), BusError> {
        self.bus
            .put_consumer(self.bus.topology().recorder())
            .await?;
        let mut consumer: consumer::PullConsumer = self
            .bus
            .jetstream()
            .get_consumer_from_stream(RECORDER, RUNS)
            .await
            .map_err(BusError::unavailable)?;
        let reset = consumer
            .reset(Some(next))
            .await
            .map_err(BusError::unavailable)?;
        Ok((consumer, reset.info.delivered.consumer_sequence))
    }
}

fn place(last: Option<u64>, delivered: u64, sequence: u64, number: u64) -> Place {
    if last.is_some_and(|last| sequence <= last) {
        Place::Old
    } else if number == delivered + 1 {
        Place::Next
    } else {
        Place::Gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_placed_by_both_numbers() {
        assert_eq!(place(Some(7), 3, 8, 4), Place::Next);
        // The stream's own holes (expired, purged) are none of the reader's.
        assert_eq!(place(Some(7), 3, 20, 4), Place::Next);
        assert_eq!(place(Some(7), 3, 9, 5), Place::Gap);
        assert_eq!(place(Some(7), 3, 7, 4), Place::Old);
        assert_eq!(place(Some(7), 3, 5, 9), Place::Old);
    }
}
