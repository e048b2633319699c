//! Takeovers, and what may be said to agents.

use std::time::Duration;

use baton_api::ControlOptions;
use clap::Args;

/// Takeovers, and what may be said to agents.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct TakeoverArgs {
    /// How long an operator may have a run's place who does not say so, in minutes, 1 to 1440; the
    /// run then stays held, and asks for somebody
    #[arg(
        help_heading = "Control",
        long,
        env = "BATON_TAKEOVER_TTL_MINUTES",
        value_name = "MINUTES",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=1440)
    )]
    pub(crate) takeover_ttl_minutes: u32,
    /// The most characters of a message to an agent, 1 to 20000
    #[arg(
        help_heading = "Control",
        long,
        env = "BATON_MESSAGE_MAX_CHARS",
        value_name = "COUNT",
        default_value_t = 20_000,
        value_parser = clap::value_parser!(u32).range(1..=20_000)
    )]
    pub(crate) message_max_chars: u32,
}

impl TakeoverArgs {
    /// As the API takes them.
    pub(crate) fn options(self) -> ControlOptions {
        let most = usize::try_from(self.message_max_chars);
        ControlOptions {
            takeover_ttl: Duration::from_secs(u64::from(self.takeover_ttl_minutes) * 60),
            message_max_chars: most.unwrap_or(ControlOptions::MOST_CHARS),
        }
    }
}
