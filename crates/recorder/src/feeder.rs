//! Reads ahead: takes messages from the broker and reads them while the batch before is written.

use std::time::Duration;

use baton_bus::{Bus, RawMessage, RecordSource};
use baton_domain::Position;
use baton_store::RecordedPosition;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{RecorderError, identity, read::Message};

/// How long to wait for a message before looking at what else there is to do.
const LOOK_UP: Duration = Duration::from_millis(250);

/// How long to wait for further messages when the broker has said that it has some. A transaction
/// costs as much as some hundred messages: many small ones would never catch up.
const ON_THE_WAY: Duration = Duration::from_millis(5);

/// How often to make sure that the stream is still the same.
const CHECK_EVERY: Duration = Duration::from_secs(1);

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
        batch_messages: usize,
    ) -> Result<Self, RecorderError> {
        let source = bus.record_from(recorded.position).await?;
        let (sender, batches) = mpsc::channel(AHEAD);
        let kept = watch::Sender::new(recorded.position);
        let reading = Reading {
            bus: bus.clone(),
            source,
            recorded,
            batch_messages: batch_messages.max(1),
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
    kept: watch::Receiver<Position>,
    checked_at: Instant,
}

impl Reading {
    async fn run(mut self, batches: mpsc::Sender<Result<Vec<Message>, RecorderError>>) {
        loop {
            let raw = self.take().await;
            self.acknowledge().await;
            let checked = self.check().await;
            let batch = checked.map(|()| raw.into_iter().map(Message::read).collect::<Vec<_>>());
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
    async fn take(&mut self) -> Vec<RawMessage> {
        let mut taken = self.source.next_batch(self.batch_messages, LOOK_UP).await;
        let mut more = !taken.is_empty();
        while more && taken.len() < self.batch_messages {
            // The runtime lets a task take some hundred messages before its turn is over, however
            // many are here: many small transactions would come of that.
            tokio::task::yield_now().await;
            let room = self.batch_messages - taken.len();
            let wait = if self.source.expects_more() {
                ON_THE_WAY
            } else {
                Duration::ZERO
            };
            let next = self.source.next_batch(room, wait).await;
            more = !next.is_empty();
            taken.extend(next);
        }
        taken
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
