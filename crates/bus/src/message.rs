//! A message of the RUNS stream as it lies there.

use async_nats::jetstream;
use baton_domain::Position;
use bytes::Bytes;
use chrono::{DateTime, Utc};

/// A message of the RUNS stream, unread; `baton_wire::Decoded::read` reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMessage {
    /// Its place in the total order.
    pub position: Position,
    /// Where it was published.
    pub subject: String,
    /// The id under which it was published, if it has one.
    pub message_id: Option<String>,
    /// Its body.
    pub payload: Bytes,
    /// When the broker stored it, by the broker's clock.
    pub stored_at: DateTime<Utc>,
}

/// The header of the message's id.
pub(crate) const MESSAGE_ID: &str = "Nats-Msg-Id";

impl RawMessage {
    /// From a direct get.
    pub(crate) fn of_stream(message: jetstream::message::StreamMessage) -> Self {
        Self {
            position: position(message.sequence),
            subject: message.subject.to_string(),
            message_id: id_in(Some(&message.headers)),
            payload: message.payload,
            stored_at: message.time,
        }
    }

    /// From a delivery; `info` is the delivery's own.
    pub(crate) fn of_delivery(
        message: &jetstream::Message,
        info: &jetstream::message::Info<'_>,
    ) -> Self {
        Self {
            position: position(info.stream_sequence),
            subject: message.subject.to_string(),
            message_id: id_in(message.headers.as_ref()),
            payload: message.payload.clone(),
            stored_at: info.published,
        }
    }
}

/// A sequence of the stream as a position.
pub(crate) fn position(sequence: u64) -> Position {
    // The broker would need 10^18 messages to get there.
    Position::new(sequence).unwrap_or(Position::START)
}

fn id_in(headers: Option<&async_nats::HeaderMap>) -> Option<String> {
    headers?
        .get(MESSAGE_ID)
        .map(|value| value.as_str().to_owned())
}
