//! Commands about workers.

use baton_domain::WorkerId;
use clap::{Args, Subcommand};

use super::{ClientArgs, examples, id};

/// Commands about workers.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkersCommand {
    /// List the workers heard of within the last minute
    #[command(after_help = examples::WORKERS_LIST)]
    List(ClientArgs),
    /// Show one worker and the runs that it holds
    #[command(after_help = examples::WORKERS_SHOW)]
    Show(WorkerShowArgs),
}

/// Which worker to show.
#[derive(Debug, Clone, Args)]
pub(crate) struct WorkerShowArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The worker's name
    #[arg(value_parser = id::worker)]
    pub(crate) worker: WorkerId,
}
