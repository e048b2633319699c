//! Following the log live, from now or from a position, without a hole, through every outage.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use baton_domain::Position;
use futures::StreamExt;

use crate::{
    connect::{Bus, describe},
    error::BusError,
    retry::Delays,
    stream::RawMessage,
};

/// How long the broker keeps a follower that is silent.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);
/// How often the broker says that it is there; two are missed before the follower starts afresh.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Where following starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailStart {
    /// With what comes from now on.
    New,
    /// Right after a position.
    After(Position),
}

/// Everything that is published, in order.
pub struct Tail {
    bus: Bus,
    last: Position,
    messages: Option<pull::Stream>,
    fresh: bool,
    delays: Delays,
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tail")
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

impl Bus {
    /// Follows the log.
    ///
    /// # Errors
    /// When the broker does not answer at the start; later outages are mended by themselves.
    pub async fn tail(&self, start: TailStart) -> Result<Tail, BusError> {
        let last = match start {
            TailStart::New => self.last_position().await?,
            TailStart::After(position) => position,
        };
        let messages = Some(open(self, last).await?);
        Ok(Tail {
            bus: self.clone(),
            last,
            messages,
            fresh: true,
            delays: Delays::default(),
        })
    }
}

impl Tail {
    /// The last position that was given out, or the one it started after.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.last
    }

    /// The next message. Waits for ever if there is none.
    pub async fn next(&mut self) -> RawMessage {
        loop {
            let Some(messages) = &mut self.messages else {
                self.reopen().await;
                continue;
            };
            let read = match messages.next().await {
                Some(Ok(message)) => RawMessage::try_from(&message),
                Some(Err(error)) => Err(BusError::Unavailable(describe(&error))),
                None => Err(BusError::Unavailable("the feed ended".to_owned())),
            };
            match read {
                Ok(raw) if raw.position <= self.last => {}
                // A lost delivery comes again from a fresh consumer; a hole in a fresh one is real.
                Ok(raw) if u64::from(raw.position) > u64::from(self.last) + 1 && !self.fresh => {
                    self.messages = None
                }
                Ok(raw) => {
                    self.fresh = false;
                    self.last = raw.position;
                    return raw;
                }
                Err(error) => {
                    tracing::debug!(%error, after = %self.last, "following the log afresh");
                    self.messages = None;
                }
            }
        }
    }

    async fn reopen(&mut self) {
        match open(&self.bus, self.last).await {
            Ok(messages) => {
                self.messages = Some(messages);
                self.fresh = true;
                self.delays = Delays::default();
            }
            Err(error) => {
                tracing::debug!(%error, "failed to follow the log; trying again");
                self.delays.wait().await;
            }
        }
    }
}

async fn open(bus: &Bus, after: Position) -> Result<pull::Stream, BusError> {
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence {
            start_sequence: u64::from(after) + 1,
        },
        ack_policy: AckPolicy::None,
        inactive_threshold: FORGOTTEN_AFTER,
        memory_storage: true,
        num_replicas: 1,
        ..Default::default()
    };
    let stream = bus.runs().await?;
    let consumer = stream.create_consumer(config).await;
    let consumer = consumer.map_err(|error| BusError::Unavailable(describe(&error)))?;
    let messages = consumer
        .stream()
        .max_messages_per_batch(500)
        .heartbeat(HEARTBEAT)
        .expires(Duration::from_secs(10));
    messages
        .messages()
        .await
        .map_err(|error| BusError::Unavailable(describe(&error)))
}
