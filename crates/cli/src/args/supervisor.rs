//! The supervisor role.

use clap::Args;

use super::{AdmissionArgs, BusArgs, StoreArgs, examples};

/// The role that watches leases and retries.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::SUPERVISOR)]
pub(crate) struct SupervisorArgs {
    #[command(flatten)]
    pub(crate) bus: BusArgs,
    #[command(flatten)]
    pub(crate) admission: AdmissionArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) lease: LeaseArgs,
}

/// How long a silent worker keeps its runs.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LeaseArgs {
    /// Silence after which a worker has lost its runs, in seconds, 4 to 3600; workers beat every 3
    #[arg(
        help_heading = "Leases",
        long,
        env = "BATON_SUPERVISOR_LEASE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15,
        value_parser = clap::value_parser!(u32).range(4..=3600)
    )]
    pub(crate) lease_seconds: u32,
}
