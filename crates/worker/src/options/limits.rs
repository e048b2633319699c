//! Bounds of what an attempt may leave.

use std::time::Duration;

/// Bounds of what an attempt may leave.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest artifact in bytes; larger ones are left out with a warning.
    pub artifact_bytes: u64,
    /// The most artifacts; the rest is left out with a warning.
    pub artifacts: usize,
    /// The largest log file in bytes; what comes after is not written.
    pub log_bytes: u64,
    /// How much of the log is published live, in bytes.
    pub live_log_bytes: u64,
    /// How much of one attempt's reports may wait for the broker, in bytes. At half of it the live
    /// log ends, at all of it the agent is held still until half of it is gone.
    pub spool_bytes: u64,
    /// How much of an agent's output is kept until its run is over, in bytes; what comes after is
    /// counted and dropped.
    pub journal_bytes: u64,
    /// How long uploads of a run that went well are retried.
    pub upload_patience: Duration,
    /// The same for a run that failed, whose failure should not wait.
    pub upload_patience_failed: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            artifact_bytes: 64 << 20,
            artifacts: 1000,
            log_bytes: 64 << 20,
            live_log_bytes: 1 << 20,
            spool_bytes: 256 << 20,
            journal_bytes: 256 << 20,
            upload_patience: Duration::from_secs(600),
            upload_patience_failed: Duration::from_secs(30),
        }
    }
}
