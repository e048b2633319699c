//! Reads ahead: takes messages from the broker and reads them while the batch before is written.

use std::time::Duration;

use baton_bus::{Bus, RecordSource};
use baton_domain::Position;
use baton_store::RecordedPosition;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{RecorderError, RecorderOptions, identity, read::Message};

/// How long to wait for a message before looking at what else there is to do.
const LOOK_UP: Duration = Duration::from_millis(250);

/// How long to wait for further messages when the broker has said that it has some. A transaction
/// costs as much as some hundred messages: many small ones would never catch up.
const ON_THE_WAY: Duration = Duration::from_millis(5);

/// How often to make sure that the stream is still the same.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// Messages that are taken before anything is known of how many events are in one.
const FIRST: usize = 16;

/// Batches that are read ahead.
const AHEAD: usize = 2;

/// Batches as they come. Dropping it ends the reading.
#[derive(Debug)]
pub(crate) struct Feeder {
    batches: mpsc::Receiver<Result<Vec<Message>, RecorderError>>,
    kept: watch::Sender<Position>,
    _task: JoinSet<()>,
}

impl Feeder {
    /// Opens the reading behind what is recorded.
    pub(crate) async fn open(
        bus: &Bus,
        recorded: RecordedPosition,
        options: &RecorderOptions,
    ) -> Result<Self, RecorderError> {
        let source = bus.record_from(recorded.position).await?;
        let (sender, batches) = mpsc::channel(AHEAD);
        let kept = watch::Sender::new(recorded.position);
        let reading = Reading {
            bus: bus.clone(),
            source,
            recorded,
            batch_messages: options.batch_messages.max(1),
            batch_events: options.batch_events,
            kept: kept.subscribe(),
            checked_at: Instant::now(),
        };
        let mut task = JoinSet::new();
        task.spawn(reading.run(sender));
        Ok(Self {
            batches,
            kept,
            _task: task,
        })
    }

    /// The next messages, at least one. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Result<Vec<Message>, RecorderError> {
        match self.batches.recv().await {
            Some(batch) => batch,
            // The reading ends with the feeder alone, or after it has said why.
            None => std::future::pending().await,
        }
    }

    /// Everything up to here is kept; the broker will be told.
    pub(crate) fn keep_through(&self, position: Position) {
        self.kept.send_replace(position);
    }
}

struct Reading {
    bus: Bus,
    source: RecordSource,
    recorded: RecordedPosition,
    batch_messages: usize,
    batch_events: usize,
    kept: watch::Receiver<Position>,
    checked_at: Instant,
}

impl Reading {
    async fn run(mut self, batches: mpsc::Sender<Result<Vec<Message>, RecorderError>>) {
        loop {
            let messages = self.take().await;
            self.acknowledge().await;
            let batch = self.check().await.map(|()| messages);
            if matches!(&batch, Ok(messages) if messages.is_empty()) {
                continue;
            }
            let failed = batch.is_err();
            if batches.send(batch).await.is_err() || failed {
                return;
            }
        }
    }

    /// What is here or on its way, up to a whole batch; waits for the first message only.
    async fn take(&mut self) -> Vec<Message> {
        let (mut taken, mut events, mut wait) = (Vec::new(), 0, LOOK_UP);
        loop {
            let room = self.room(taken.len(), events);
            if room == 0 {
                break;
            }
            let next = self.source.next_batch(room, wait).await;
            if next.is_empty() {
                break;
            }
            for raw in next {
                let message = Message::read(raw);
                events += message.events();
                taken.push(message);
            }
            // The runtime lets a task take some hundred messages before its turn is over, however
            // many are here: many small transactions would come of that.
            tokio::task::yield_now().await;
            wait = if self.source.expects_more() {
                ON_THE_WAY
            } else {
                Duration::ZERO
            };
        }
        taken
    }

    fn room(&self, messages: usize, events: usize) -> usize {
        let room = self.batch_messages.saturating_sub(messages);
        room.min(room_for_events(self.batch_events, messages, events))
    }

    async fn acknowledge(&mut self) {
        if self.kept.has_changed().unwrap_or(false) {
            let kept = *self.kept.borrow_and_update();
            self.source.ack_through(kept).await;
        }
    }

    /// The stream may be deleted and made anew at any time; its messages must not be taken for
    /// those that followed on the recorded ones.
    async fn check(&mut self) -> Result<(), RecorderError> {
        if self.checked_at.elapsed() < CHECK_EVERY {
            return Ok(());
        }
        let read = RecordedPosition {
            position: self.source.position(),
            ..self.recorded
        };
        let stream = self.bus.stream_state().await?;
        identity::check(read, stream)?;
        self.checked_at = Instant::now();
        Ok(())
    }
}

/// How many further messages a batch has room for when they are as large as those it has.
fn room_for_events(most: usize, messages: usize, events: usize) -> usize {
    if messages == 0 {
        return FIRST;
    }
    let left = most.saturating_sub(events);
    left.saturating_mul(messages).div_ceil(events.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_as_many_messages_as_its_events_need() {
        for (messages, events, room) in [
            (0, 0, FIRST),
            (16, 16, 1984),
            (16, 320, 84),
            (16, 8000, 0),
            (100, 2000, 0),
            (3, 1999, 1),
            // Messages without events, as those that nobody can read.
            (16, 0, 32_000),
        ] {
            assert_eq!(
                room_for_events(2000, messages, events),
                room,
                "{messages} {events}"
            );
        }
    }
}
