//! Live sessions, and the right to type into them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ViewerArgs;

/// Live sessions, and the right to type into them.
#[derive(Debug, Clone, Args)]
pub(crate) struct LiveArgs {
    /// Whether a run has a live session without being asked, and by what means: `off`, `web` (by
    /// Baton itself) or `tmate` (by a relay as well)
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_API_LIVE_SESSIONS",
        value_name = "HOW",
        default_value = "off"
    )]
    pub(crate) live_sessions: LiveSessions,
    /// How long a live session lasts that does not say so itself, in minutes, 1 to 1440
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_API_SESSION_TTL_MINUTES",
        value_name = "MINUTES",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=1440)
    )]
    pub(crate) session_ttl_minutes: u32,
    /// How long somebody may type who does not say so, in minutes, 1 to 240
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_API_GRANT_TTL_MINUTES",
        value_name = "MINUTES",
        default_value_t = 15,
        value_parser = clap::value_parser!(u32).range(1..=240)
    )]
    pub(crate) grant_ttl_minutes: u32,
    /// Which of a tmate relay's web pages are told: `none`, `ro` (to watch) or `rw` (to type as well)
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_API_ALLOW_WEB_LINKS",
        value_name = "WHICH",
        default_value = "none"
    )]
    pub(crate) allow_web_links: AllowWebLinks,
    #[command(flatten)]
    pub(crate) viewers: ViewerArgs,
    #[command(flatten)]
    pub(crate) keys: SessionKeysArgs,
}

/// The keys that sign who may type.
#[derive(Debug, Clone, Args)]
pub(crate) struct SessionKeysArgs {
    /// The session keys as `baton keys generate` prints them; without keys nobody can type
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_API_SESSION_KEYS",
        value_name = "JSON",
        hide_env_values = true
    )]
    pub(crate) session_keys: Option<String>,
    /// The file with the session keys: made by `baton keys generate`, the same for every API
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_API_SESSION_KEYS_FILE",
        value_name = "FILE",
        conflicts_with = "session_keys"
    )]
    pub(crate) session_keys_file: Option<PathBuf>,
}

/// Whether runs have live sessions without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LiveSessions {
    /// They have none.
    Off,
    /// By Baton itself.
    Web,
    /// By a tmate relay as well.
    Tmate,
}

/// Which web pages of a tmate relay are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AllowWebLinks {
    /// None.
    None,
    /// Those to watch.
    Ro,
    /// Those to type as well.
    Rw,
}
