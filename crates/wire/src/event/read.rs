//! Reading events: as they are meant, and as they were sent.

use baton_domain::{Attempt, EventSeq, RunId};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{Event, EventsMessage, Reported};

impl EventsMessage {
    /// Reads a message, and each event as it was sent.
    ///
    /// # Errors
    /// When it is not JSON of this shape, or holds no events.
    pub fn read(body: &[u8]) -> Result<(Self, Vec<Value>), serde_json::Error> {
        let envelope: Envelope = serde_json::from_slice(body)?;
        if envelope.events.is_empty() {
            return Err(serde::de::Error::custom("a message of events holds none"));
        }
        let events: Result<Vec<Reported>, _> = envelope.events.iter().map(Reported::read).collect();
        let message = Self {
            run: envelope.run,
            attempt: envelope.attempt,
            events: events?,
        };
        Ok((message, envelope.events))
    }
}

/// A message of events whose events are not read yet.
#[derive(Deserialize)]
struct Envelope {
    run: RunId,
    attempt: Attempt,
    events: Vec<Value>,
}

impl Reported {
    /// The same as deserializing it, at half the cost: whatever is flattened is copied first.
    fn read(raw: &Value) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Place {
            seq: EventSeq,
            at: DateTime<Utc>,
        }
        let Place { seq, at } = Place::deserialize(raw)?;
        let event = Event::deserialize(raw)?;
        Ok(Self { seq, at, event })
    }
}
