//! How runs are held, and when a person is called.

use std::time::Duration;

/// How runs are held, and when a person is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlOptions {
    /// How long a soft pause waits for the agent's next tool call before the agent is held by force.
    pub pause_deadline: Duration,
    /// After how long without output, processor time and steps a person is called; never if absent.
    pub stall_after: Option<Duration>,
}

impl Default for ControlOptions {
    fn default() -> Self {
        Self {
            pause_deadline: Duration::from_secs(30),
            stall_after: Some(Duration::from_secs(900)),
        }
    }
}
