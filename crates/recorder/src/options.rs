//! Settings of the role.

use std::time::Duration;

/// How the recorder works.
#[derive(Debug, Clone)]
pub struct RecorderOptions {
    /// The most messages in one transaction. A few such batches are read ahead, and the broker sends
    /// no more than `max_ack_pending` of `nats/consumers/recorder.json` on credit.
    pub batch_messages: usize,
    /// About as many events are in one transaction at most: messages of many events are read while
    /// those before are written, instead of all first.
    pub batch_events: usize,
    /// How long one transaction may take before the database counts as away.
    pub write_within: Duration,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self {
            batch_messages: 1000,
            batch_events: 2000,
            write_within: Duration::from_secs(60),
        }
    }
}
