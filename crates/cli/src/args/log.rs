//! What is logged, and how.

use clap::{Args, ValueEnum};

/// Where telemetry goes: standard error, always.
#[derive(Debug, Clone, Args)]
pub(crate) struct LogArgs {
    /// What to log: a level, or filters such as `baton_worker=debug,info`
    /// [default: info for roles, warn for all other commands]
    #[arg(
        long = "log",
        env = "BATON_LOG",
        global = true,
        value_name = "FILTER",
        help_heading = "Logging"
    )]
    pub(crate) filter: Option<String>,
    /// How to write a log line
    #[arg(
        long = "log-format",
        env = "BATON_LOG_FORMAT",
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Logging"
    )]
    pub(crate) format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}
