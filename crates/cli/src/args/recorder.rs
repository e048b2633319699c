//! The recorder role.

use clap::Args;

use super::{BusArgs, StoreArgs, examples};

/// The only writer of run data.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::RECORDER)]
pub(crate) struct RecorderArgs {
    /// Empty the run tables, fill them again from the stream, and leave.
    /// What is older than the stream's reach (14 days) is not brought back.
    #[arg(long)]
    pub(crate) rebuild: bool,
    #[command(flatten)]
    pub(crate) bus: BusArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}
