//! A delivery that cannot be forgotten: dropped unanswered, it goes back to the queue at once.

use std::time::Duration;

use async_nats::jetstream::{AckKind, message::Acker};
use baton_domain::Position;
use futures::FutureExt as _;

/// Something taken from a queue. [`ack`](Self::ack) and [`nak`](Self::nak) answer the broker;
/// dropping it hands it back.
pub struct Delivery<T> {
    value: T,
    position: Position,
    acker: Option<Acker>,
}

impl<T: std::fmt::Debug> std::fmt::Debug for Delivery<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("value", &self.value)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl<T> Delivery<T> {
    pub(crate) const fn new(value: T, position: Position, acker: Acker) -> Self {
        Self {
            value,
            position,
            acker: Some(acker),
        }
    }

    /// What was delivered.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// Where it lies in the stream.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Says that it is done with. An answer that gets lost means another delivery later.
    pub async fn ack(mut self) {
        self.answer(AckKind::Ack).await;
    }

    /// Hands it back, to be delivered again after a delay.
    pub async fn nak(mut self, delay: Duration) {
        self.answer(AckKind::Nak(Some(delay))).await;
    }

    async fn answer(&mut self, kind: AckKind) {
        if let Some(acker) = self.acker.take()
            && let Err(error) = acker.ack_with(kind).await
        {
            tracing::debug!(%error, position = %self.position, "an answer to a delivery was lost");
        }
    }
}

impl<T> Drop for Delivery<T> {
    fn drop(&mut self) {
        // Nothing can be awaited here: the answer goes out if the client has room for it, which
        // it nearly always has. Otherwise the broker's own wait does the same, later.
        if let Some(acker) = self.acker.take() {
            let _ = acker.ack_with(AckKind::Nak(None)).now_or_never();
        }
    }
}
