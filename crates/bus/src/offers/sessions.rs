//! Queues that a session does not allow. A session names the queues that existed when it began, so
//! that a queue made later needs a new session; a queue that the new one denies too is not meant
//! for this worker.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::{connect::Bus, error::BusError, retry};

/// The least time between two sessions asked for, and how much it varies: many queues made at once
/// are learnt of together, and many workers do not connect at once.
const BETWEEN: (Duration, f64) = (Duration::from_secs(2), 0.5);

/// After this time a queue that was denied is tried again: the token may allow more by now.
const FORGIVEN: Duration = Duration::from_secs(600);

/// What was denied.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    denied: HashMap<String, Denied>,
    /// Before this time no new session is asked for.
    not_before: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
enum Denied {
    /// A new session was asked for, or will be.
    Once,
    /// The new session denies it too.
    Closed(Instant),
}

impl Sessions {
    /// Whether it is known that the worker may not serve a queue.
    pub(super) fn is_closed(&self, name: &str) -> bool {
        let denied = self.denied.get(name);
        matches!(denied, Some(Denied::Closed(at)) if at.elapsed() < FORGIVEN)
    }

    /// A queue was opened.
    pub(super) fn opened(&mut self, name: &str) {
        self.denied.remove(name);
    }

    /// A queue was denied: asks for a new session, unless that was done for it already.
    pub(super) async fn denied(&mut self, bus: &Bus, name: String) -> Result<(), BusError> {
        let now = Instant::now();
        if let Some(Denied::Once) = self.denied.get(&name)
            && self.not_before.is_some()
        {
            tracing::warn!(queue = name, "the worker's token does not allow a queue");
            self.denied.insert(name, Denied::Closed(now));
            return Ok(());
        }
        if self.not_before.is_some_and(|at| now < at) {
            return Err(BusError::unavailable("a new session is asked for later"));
        }
        let (middle, spread) = BETWEEN;
        self.not_before = Some(now + retry::jittered(middle, spread));
        self.denied.insert(name, Denied::Once);
        tracing::info!("connecting again, to serve a queue that is new");
        bus.renew().await?;
        Err(BusError::unavailable("the session is being renewed"))
    }
}
