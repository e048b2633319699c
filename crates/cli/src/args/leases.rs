//! Commands about leases.

use baton_domain::RunId;
use clap::{Args, Subcommand};

use super::{ClientArgs, examples, id};

/// Commands about leases.
#[derive(Debug, Subcommand)]
pub(crate) enum LeasesCommand {
    /// Take a run away from the worker that holds it; it is offered again at once
    Release(ReleaseArgs),
}

/// Whose lease to take away.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::RELEASE)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: String,
}
