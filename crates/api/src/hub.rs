//! The live hub: follows the RUNS stream once for the whole process and hands every message to
//! the viewers of its run. A viewer that does not keep up loses its place; its client comes back
//! with the last position that it has.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use baton_bus::{Bus, RawMessage, TailStart};
use baton_domain::{Position, RunId};
use baton_wire::http::EventRecord;
use futures::StreamExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{metrics::Waits, record};

/// Messages that a viewer may be behind.
const QUEUE: usize = 256;

/// A message as viewers see it.
#[derive(Debug)]
pub(crate) struct Live {
    /// Its place in the total order.
    pub(crate) position: Position,
    /// What it says; not empty.
    pub(crate) records: Vec<EventRecord>,
}

/// What a viewer follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Topic {
    /// Every run.
    All,
    /// One run.
    Run(RunId),
}

/// The hub.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    state: Arc<Mutex<State>>,
    waits: Waits,
}

#[derive(Debug)]
struct State {
    /// The last message that was handed out.
    last: Position,
    next_viewer: u64,
    viewers: HashMap<Topic, HashMap<u64, mpsc::Sender<Arc<Live>>>>,
}

/// A viewer's place. Dropping it leaves the hub.
#[derive(Debug)]
pub(crate) struct Subscription {
    hub: Hub,
    topic: Topic,
    viewer: u64,
    queue: mpsc::Receiver<Arc<Live>>,
    joined: Position,
}

impl Hub {
    /// A hub that has handed out everything up to a position. Whoever waits hears what is said first.
    pub(crate) fn at(last: Position, waits: Waits) -> Self {
        let state = State {
            last,
            next_viewer: 0,
            viewers: HashMap::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            waits,
        }
    }

    /// Follows the stream until it is told to stop. When it ends, so do all viewers.
    pub(crate) async fn run(self, bus: Bus, stop: CancellationToken) -> &'static str {
        let from = self.lock().last;
        let mut messages = std::pin::pin!(bus.tail(TailStart::After(from)));
        while let Some(Some(message)) = stop.run_until_cancelled(messages.next()).await {
            self.hand_out(&message);
        }
        self.lock().viewers.clear();
        "live hub"
    }

    /// Takes a place: everything later than [`Subscription::joined`] will arrive.
    pub(crate) fn subscribe(&self, topic: Topic) -> Subscription {
        let (sender, queue) = mpsc::channel(QUEUE);
        let mut state = self.lock();
        let viewer = state.next_viewer;
        state.next_viewer += 1;
        state
            .viewers
            .entry(topic)
            .or_default()
            .insert(viewer, sender);
        Subscription {
            hub: self.clone(),
            topic,
            viewer,
            queue,
            joined: state.last,
        }
    }

    fn hand_out(&self, message: &RawMessage) {
        let (run, records) = match record::read(message) {
            Ok((Some(run), records)) => (run, records),
            // What is said to the fleet is no run's event.
            Ok((None, _)) => return self.lock().pass(message.position),
            Err(error) => {
                tracing::warn!(%error, position = %message.position, "a message cannot be shown");
                return self.lock().pass(message.position);
            }
        };
        self.waits.hear(&records);
        let live = Arc::new(Live {
            position: message.position,
            records,
        });
        let mut state = self.lock();
        state.pass(message.position);
        if live.records.is_empty() {
            return;
        }
        for topic in [Topic::Run(run), Topic::All] {
            if let Some(viewers) = state.viewers.get_mut(&topic) {
                viewers.retain(|_, queue| queue.try_send(Arc::clone(&live)).is_ok());
            }
        }
    }

    /// A panic elsewhere leaves queues that are still queues.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pass(&mut self, position: Position) {
        self.last = self.last.max(position);
    }
}

impl Subscription {
    /// The last message handed out before this place was taken.
    pub(crate) const fn joined(&self) -> Position {
        self.joined
    }

    /// The next message; none when the viewer fell behind or the hub stopped.
    pub(crate) async fn next(&mut self) -> Option<Arc<Live>> {
        self.queue.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        if let Some(viewers) = state.viewers.get_mut(&self.topic) {
            viewers.remove(&self.viewer);
            if viewers.is_empty() {
                state.viewers.remove(&self.topic);
            }
        }
    }
}
