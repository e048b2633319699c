//! How many may watch terminals.

use clap::{Args, builder::RangedU64ValueParser};

/// How many connections to terminals one API server serves at once.
#[derive(Debug, Clone, Args)]
pub(crate) struct ViewerArgs {
    /// Connections to terminals that this server serves at once, 1 to 100000; whoever comes then is
    /// told to try again
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_API_MAX_VIEWERS",
        value_name = "N",
        default_value_t = 4_096,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000)
    )]
    pub(crate) max_viewers: usize,
    /// Connections to the terminals of one run that this server serves at once, 1 to 100000
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_API_MAX_VIEWERS_PER_RUN",
        value_name = "N",
        default_value_t = 1_000,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000)
    )]
    pub(crate) max_viewers_per_run: usize,
    /// Connections to terminals that this server serves at once under one name, 1 to 100000
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_API_MAX_VIEWERS_PER_NAME",
        value_name = "N",
        default_value_t = 1_000,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000)
    )]
    pub(crate) max_viewers_per_name: usize,
}
