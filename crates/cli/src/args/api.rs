//! The API role.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::{AdmissionArgs, BusArgs, LiveArgs, StoreArgs, TakeoverArgs, examples};

/// The HTTP API and the dashboard.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "API", after_help = examples::API)]
pub(crate) struct ApiArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(
        long,
        env = "BATON_API_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:7700"
    )]
    pub(crate) listen: SocketAddr,
    /// Allow an address that other machines can reach, although tokens cross the network unencrypted
    #[arg(
        long,
        env = "BATON_API_ALLOW_REMOTE",
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    pub(crate) allow_remote: bool,
    /// Further names that the API answers to (the Host header), separated by commas
    #[arg(
        long = "allowed-host",
        env = "BATON_API_ALLOWED_HOSTS",
        value_parser = super::checked::host,
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub(crate) allowed_hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) bus: BusArgs,
    #[command(flatten)]
    pub(crate) admission: AdmissionArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) artifacts: ArtifactStoreArgs,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    #[command(flatten)]
    pub(crate) takeovers: TakeoverArgs,
}

/// Where artifacts are kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct ArtifactStoreArgs {
    /// The folder for artifacts [default: baton/artifacts below the user's state folder]
    #[arg(
        help_heading = "Artifacts",
        long,
        env = "BATON_ARTIFACTS_DIR",
        value_name = "DIR"
    )]
    pub(crate) artifacts_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) limit: ArtifactLimitArgs,
}

/// How large an artifact may be.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ArtifactLimitArgs {
    /// The largest artifact that is taken, in bytes, 1 to 1099511627776
    #[arg(
        help_heading = "Artifacts",
        long,
        env = "BATON_ARTIFACT_MAX_BYTES",
        value_name = "BYTES",
        default_value_t = 512 << 20,
        value_parser = clap::value_parser!(u64).range(1..=1 << 40)
    )]
    pub(crate) artifact_max_bytes: u64,
}
