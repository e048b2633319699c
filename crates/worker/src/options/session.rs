//! What a worker does for people who want to see its terminals.

/// Live sessions and recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionOptions {
    /// The most live sessions at once; the next one fails, and its run goes on.
    pub most: u32,
    /// Whether terminals are recorded.
    pub recording: Recording,
}

/// Whether what terminals show leaves the worker besides the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// Every terminal is published for a while, and recorded in the run's artifact
    /// `recording/agent.cast`.
    On,
    /// Terminals are published while a live session shows them, and nothing is recorded.
    Off,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            most: 16,
            recording: Recording::On,
        }
    }
}
