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
    /// The file with the key of this role, made by `baton nats keys`, if the server lets in only
    /// those it knows
    #[arg(
        help_heading = "Broker",
        long,
        env = "BATON_NATS_SEED_FILE",
        value_name = "FILE",
        conflicts_with = "nats_credentials_file"
    )]
    pub(crate) nats_seed_file: Option<PathBuf>,
}

/// What to do with streams and consumers.
#[derive(Debug, Subcommand)]
pub(crate) enum NatsCommand {
    /// Create what is missing and update what differs; nothing is ever deleted
    #[command(after_help = examples::NATS_APPLY)]
    Apply(BusArgs),
    /// Make the keys of an installation, and the part of the broker's configuration that knows them;
    /// keys that are there are kept
    #[command(after_help = examples::NATS_KEYS)]
    Keys {
        /// The folder for the keys; nobody else should be able to read it
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
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
