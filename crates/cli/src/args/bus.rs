//! How to reach the broker.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::examples;

/// How to reach the broker.
#[derive(Debug, Clone, Args)]
pub(crate) struct BusArgs {
    /// The NATS server
    #[arg(
        help_heading = "Broker",
        long,
        env = "BATON_NATS_URL",
        value_parser = super::checked::nats_url,
        value_name = "URL",
        default_value = "nats://127.0.0.1:4222",
        hide_env_values = true
    )]
    pub(crate) nats_url: String,
    /// A NATS credentials file (`.creds`), if the server wants one
    #[arg(
        help_heading = "Broker",
        long,
        env = "BATON_NATS_CREDENTIALS_FILE",
        value_name = "FILE"
    )]
    pub(crate) nats_credentials_file: Option<PathBuf>,
}

/// What to do with streams and consumers.
#[derive(Debug, Subcommand)]
pub(crate) enum NatsCommand {
    /// Create what is missing and update what differs; nothing is ever deleted
    #[command(after_help = examples::NATS_APPLY)]
    Apply(BusArgs),
    /// Compare the broker with this version's definitions, field by field; exit 1 if they differ
    #[command(after_help = examples::NATS_VERIFY)]
    Verify {
        #[command(flatten)]
        bus: BusArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}
