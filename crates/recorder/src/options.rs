//! Settings of the role.

use std::time::Duration;

/// How the recorder works.
#[derive(Debug, Clone)]
pub struct RecorderOptions {
    /// The most messages in one transaction.
    pub batch_messages: usize,
    /// How long one transaction may take before the database counts as away.
    pub write_within: Duration,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self {
            batch_messages: 1000,
            write_within: Duration::from_secs(60),
        }
    }
}
