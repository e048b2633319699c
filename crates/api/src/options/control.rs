//! What the API can be told of takeovers and messages.

use std::time::Duration;

/// Takeovers, and what may be said to agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlOptions {
    /// How long an operator may have a run's place who does not say so, 1 minute to a day.
    pub takeover_ttl: Duration,
    /// The most characters of a message to an agent, 1 to [`ControlOptions::MOST_CHARS`].
    pub message_max_chars: usize,
}

impl ControlOptions {
    /// How long an operator may have a run's place who does not say so.
    pub const DEFAULT_TAKEOVER_TTL: Duration = Duration::from_secs(60 * 60);
    /// The most characters that anything said to an agent can have.
    pub const MOST_CHARS: usize = 20_000;
}

impl Default for ControlOptions {
    fn default() -> Self {
        Self {
            takeover_ttl: Self::DEFAULT_TAKEOVER_TTL,
            message_max_chars: Self::MOST_CHARS,
        }
    }
}
