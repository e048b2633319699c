//! Reading single messages of the RUNS stream, without a consumer.

use async_nats::jetstream::{
    response::Response,
    stream::{DirectGetErrorKind, Info, Stream},
};
use baton_domain::Position;
use baton_wire::{Filter, Subject};
use chrono::{DateTime, Utc};

use crate::{
    connect::Bus,
    error::BusError,
    message::{self, RawMessage},
    topology::RUNS,
};

/// The RUNS stream as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamState {
    /// When it was made: a stream that was deleted and made anew counts positions from 1 again.
    pub created_at: DateTime<Utc>,
    /// The first position that it still holds; one past the last if it holds none.
    pub first: Position,
    /// The last position that was given out.
    pub last: Position,
}

impl Bus {
    /// The message at a position; `None` when there is none, or no more.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer.
    pub async fn get(&self, position: Position) -> Result<Option<RawMessage>, BusError> {
        // Nothing stands before the first message, and the broker refuses the question.
        if position == Position::START {
            return Ok(None);
        }
        let found = self.runs().await?.direct_get(position.get()).await;
        present(found)
    }

    /// The stream's last sequence: what has been said up to now.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer or has no stream.
    pub async fn last_position(&self) -> Result<Position, BusError> {
        Ok(self.stream_state().await?.last)
    }

    /// Which stream it is, and what it holds.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer or has no stream.
    pub async fn stream_state(&self) -> Result<StreamState, BusError> {
        let answer: Response<Info> = self
            .jetstream()
            .request(format!("STREAM.INFO.{RUNS}"), &())
            .await
            .map_err(BusError::unavailable)?;
        match answer {
            Response::Ok(info) => Ok(StreamState {
                created_at: info.created,
                first: message::position(info.state.first_sequence),
                last: message::position(info.state.last_sequence),
            }),
            Response::Err { error } => Err(BusError::unavailable(error)),
        }
    }

    /// The last message that a filter lets through; `None` when there is none.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer.
    pub async fn get_last(&self, filter: &Filter) -> Result<Option<RawMessage>, BusError> {
        self.last_of(&filter.to_string()).await
    }

    /// The last message on one subject; `None` when there is none.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer.
    pub async fn get_last_on(&self, subject: &Subject) -> Result<Option<RawMessage>, BusError> {
        self.last_of(&subject.to_string()).await
    }

    /// The first message behind a position that a filter lets through; `None` when there is none.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer.
    pub async fn get_next(
        &self,
        filter: &Filter,
        after: Position,
    ) -> Result<Option<RawMessage>, BusError> {
        self.next_of(filter.to_string(), after).await
    }

    /// The first message behind a position on one subject; `None` when there is none.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer.
    pub async fn get_next_on(
        &self,
        subject: &Subject,
        after: Position,
    ) -> Result<Option<RawMessage>, BusError> {
        self.next_of(subject.to_string(), after).await
    }

    async fn next_of(
        &self,
        subject: String,
        after: Position,
    ) -> Result<Option<RawMessage>, BusError> {
        let found = self
            .runs()
            .await?
            .direct_get_next_for_subject(subject, Some(after.get() + 1))
            .await;
        present(found)
    }

    /// The last message on a subject.
    pub(crate) async fn last_of(&self, subject: &str) -> Result<Option<RawMessage>, BusError> {
        let found = self
            .runs()
            .await?
            .direct_get_last_for_subject(subject)
            .await;
        present(found)
    }

    async fn runs(&self) -> Result<Stream<()>, BusError> {
        self.jetstream()
            .get_stream_no_info(RUNS)
            .await
            .map_err(BusError::unavailable)
    }
}

fn present(
    found: Result<
        async_nats::jetstream::message::StreamMessage,
        async_nats::jetstream::stream::DirectGetError,
    >,
) -> Result<Option<RawMessage>, BusError> {
    match found {
        Ok(message) => Ok(Some(RawMessage::of_stream(message))),
        Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
        Err(error) => Err(BusError::unavailable(error)),
    }
}
