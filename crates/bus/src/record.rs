//! The recorder's reading: durable, in order, from where Postgres says that it is.

use std::{collections::VecDeque, time::Duration};

use async_nats::jetstream::message::Acker;
use baton_domain::Position;

use crate::{
    connect::Bus,
    error::BusError,
    follow::{Followed, Follower, Reader},
    message::{self, RawMessage},
};

/// The recorder's reading of the stream.
///
/// The position that the recorder keeps in Postgres decides; the broker's consumer is set to it
/// whenever the reading is opened, be it behind, ahead, or before what the stream still holds.
/// Acknowledgements are housekeeping. Only one reading may be open at a time: the recorder's lock
/// sees to that.
pub struct RecordSource {
    follower: Follower,
    unacked: VecDeque<(Position, Acker)>,
    /// What the broker had left to deliver when it sent the last message.
    pending: u64,
}

impl std::fmt::Debug for RecordSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordSource")
            .field("follower", &self.follower)
            .field("unacked", &self.unacked.len())
            .finish()
    }
}

impl Bus {
    /// Opens the recorder's reading right behind a position.
    ///
    /// # Errors
    /// [`BusError::BeyondEnd`] when the stream ends before the position: it is not the stream
    /// that the database was filled from. [`BusError::Unavailable`] when the broker does not
    /// answer or has no stream.
    pub async fn record_from(&self, position: Position) -> Result<RecordSource, BusError> {
        let last = self.last_position().await?;
        if last < position {
            return Err(BusError::BeyondEnd { position, last });
        }
        let mut follower = Follower::new(self.clone(), Reader::Recorder, Some(position.get()));
        follower.open().await?;
        Ok(RecordSource {
            follower,
            unacked: VecDeque::new(),
            pending: 0,
        })
    }
}

impl RecordSource {
    /// The next messages, in order: waits for the first as long as it may, then takes what is
    /// already here, up to `max`. Empty when nothing came in time. While the broker is away
    /// nothing comes; the reading goes on by itself afterwards.
    ///
    /// May be cancelled, but then what it had taken comes again only after a reopening: let it
    /// end by `max_wait` instead.
    pub async fn next_batch(&mut self, max: usize, max_wait: Duration) -> Vec<RawMessage> {
        let Ok(first) = tokio::time::timeout(max_wait, self.next()).await else {
            return Vec::new();
        };
        let mut batch = Vec::with_capacity(max.min(64));
        self.keep(first, &mut batch);
        while batch.len() < max {
            let Some(followed) = self.follower.ready() else {
                break;
            };
            self.keep(followed, &mut batch);
        }
        batch
    }

    /// Tells the broker that everything up to a position is kept. Lost acknowledgements do no
    /// harm: the next one covers them.
    pub async fn ack_through(&mut self, position: Position) {
        let mut last = None;
        while let Some((_, acker)) = self.unacked.pop_front_if(|(kept, _)| *kept <= position) {
            last = Some(acker);
        }
        if let Some(acker) = last
            && let Err(error) = acker.ack().await
        {
            tracing::debug!(%error, %position, "an acknowledgement was lost");
        }
    }

    async fn next(&mut self) -> Followed {
        if !self.follower.is_open() {
            // Deliveries of the reading before: the consumer has been, or will be, set anew.
            self.unacked.clear();
        }
        self.follower.next().await
    }

    fn keep(&mut self, followed: Followed, batch: &mut Vec<RawMessage>) {
        self.pending = followed.pending;
        self.unacked
            .push_back((followed.raw.position, followed.acker));
        batch.push(followed.raw);
    }
}

impl RecordSource {
    /// Whether further messages are on their way.
    #[must_use]
    pub const fn expects_more(&self) -> bool {
        self.pending > 0
    }

    /// The last position that was handed out.
    #[must_use]
    pub fn position(&self) -> Position {
        message::position(self.follower.last().unwrap_or(0))
    }
}
