//! Single messages of the log, read back.

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{DirectGetError, DirectGetErrorKind};
use baton_domain::{Position, RunId};
use baton_wire::Filter;

use crate::{
    connect::{Bus, describe},
    error::BusError,
    stream::{RawMessage, position},
};

impl Bus {
    /// The message at a position, if the stream still has it.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn message_at(&self, at: Position) -> Result<Option<RawMessage>, BusError> {
        found(self.runs().await?.direct_get(u64::from(at)).await)
    }

    /// The first message of a run after a position, if there is one: position 0 finds its first offer.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn next_of_run(
        &self,
        run: RunId,
        after: Position,
    ) -> Result<Option<RawMessage>, BusError> {
        let subject = Filter::Run(run).to_string();
        let after = Some(u64::from(after) + 1);
        found(
            self.runs()
                .await?
                .direct_get_next_for_subject(subject, after)
                .await,
        )
    }

    /// The last message that a filter lets through, if there is one.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn last_of(&self, filter: &Filter) -> Result<Option<RawMessage>, BusError> {
        found(self.runs().await?.direct_get_last_for_subject(filter.to_string()).await)
    }
}

fn found(answer: Result<StreamMessage, DirectGetError>) -> Result<Option<RawMessage>, BusError> {
    match answer {
        Ok(message) => Ok(Some(RawMessage {
            position: position(message.sequence)?,
            subject: message.subject.to_string(),
            payload: message.payload,
            stored_at: message.time,
        })),
        Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
        Err(error) => Err(BusError::Unavailable(describe(&error))),
    }
}
