//! A tail of the stream, for whoever looks on: in order and without a gap.

use baton_domain::Position;
use futures::{Stream, stream};

use crate::{
    connect::Bus,
    follow::{Follower, Reader},
    message::RawMessage,
};

/// Where a tail begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailStart {
    /// With what is published after it was first polled.
    New,
    /// With the first message after a position.
    After(Position),
}

impl Bus {
    /// Everything that is published to the stream, in order, without a gap and without end; it
    /// goes on where it was when the broker comes back. It begins when it is first polled.
    pub fn tail(&self, from: TailStart) -> impl Stream<Item = RawMessage> + Send + use<> {
        let last = match from {
            TailStart::New => None,
            TailStart::After(position) => Some(position.get()),
        };
        let follower = Follower::new(self.clone(), Reader::Tail, last);
        stream::unfold(follower, |mut follower| async move {
            let followed = follower.next().await;
            Some((followed.raw, follower))
        })
    }
}
