//! The RUNS stream: its handle, its messages as they lie in it, its identity.

use async_nats::jetstream::{self, context::GetStreamErrorKind};
use baton_domain::Position;
use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::{
    connect::{Bus, describe},
    error::BusError,
};

pub(crate) const RUNS: &str = "RUNS";

/// A message of the RUNS stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMessage {
    /// Its place in the total order.
    pub position: Position,
    /// Where it was published.
    pub subject: String,
    /// Its body.
    pub payload: Bytes,
    /// When the broker kept it.
    pub stored_at: DateTime<Utc>,
}

/// Which stream it is: one that was deleted and made anew counts positions from 1 again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamIdentity {
    /// When the stream was created.
    pub created_at: DateTime<Utc>,
    /// The oldest position that it still has.
    pub first: Position,
    /// The newest position.
    pub last: Position,
}

impl Bus {
    /// What the stream is and how far it reaches.
    ///
    /// # Errors
    /// When the broker does not answer, or has no such stream.
    pub async fn identity(&self) -> Result<StreamIdentity, BusError> {
        let stream = self
            .jetstream
            .get_stream(RUNS)
            .await
            .map_err(|error| match error.kind() {
                GetStreamErrorKind::JetStream(reason) if reason.code() == 404 => {
                    BusError::Topology {
                        what: format!("the stream {RUNS} is missing"),
                        reason: describe(&error),
                    }
                }
                _ => BusError::Unavailable(describe(&error)),
            })?;
        let info = stream.cached_info();
        Ok(StreamIdentity {
            created_at: info.created,
            first: position(info.state.first_sequence)?,
            last: position(info.state.last_sequence)?,
        })
    }

    /// The newest position of the stream.
    ///
    /// # Errors
    /// As [`Bus::identity`].
    pub async fn last_position(&self) -> Result<Position, BusError> {
        Ok(self.identity().await?.last)
    }

    /// A handle that costs no request; calls on it fail when the stream is missing.
    pub(crate) async fn runs(&self) -> Result<jetstream::stream::Stream<()>, BusError> {
        self.jetstream
            .get_stream_no_info(RUNS)
            .await
            .map_err(|error| BusError::Unavailable(describe(&error)))
    }
}

pub(crate) fn position(sequence: u64) -> Result<Position, BusError> {
    Position::new(sequence).map_err(|error| BusError::Unreadable(error.to_string()))
}

impl TryFrom<&jetstream::Message> for RawMessage {
    type Error = BusError;

    fn try_from(message: &jetstream::Message) -> Result<Self, BusError> {
        let info = message
            .info()
            .map_err(|error| BusError::Unreadable(error.to_string()))?;
        Ok(Self {
            position: position(info.stream_sequence)?,
            subject: message.subject.to_string(),
            payload: message.payload.clone(),
            stored_at: info.published,
        })
    }
}
