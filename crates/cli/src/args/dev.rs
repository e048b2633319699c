//! `baton dev`.

use std::path::PathBuf;

use clap::Args;

use super::{
    LiveArgs, ProgramArgs, TakeoverArgs, WorkArgs, api::ArtifactLimitArgs, examples,
    supervisor::LeaseArgs,
};

/// Everything on one machine.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Development", after_help = examples::DEV)]
pub(crate) struct DevArgs {
    /// The folder for everything that is kept between starts
    /// [default: baton/dev below the user's state folder]
    #[arg(long, env = "BATON_DEV_STATE_DIR", value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// The port of the API and the dashboard, 0 to 65535; 0 takes a free one
    #[arg(
        long,
        env = "BATON_DEV_PORT",
        value_name = "PORT",
        default_value_t = 7700
    )]
    pub(crate) port: u16,
    /// How long runs may go on after Ctrl-C before they are handed back, in seconds, 0 to 86400
    #[arg(
        long,
        env = "BATON_WORKER_DRAIN_SECONDS",
        value_name = "SECONDS",
        default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(0..=86_400)
    )]
    pub(crate) drain_seconds: u32,
    #[command(flatten)]
    pub(crate) programs: ProgramArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) lease: LeaseArgs,
    #[command(flatten)]
    pub(crate) artifact_limit: ArtifactLimitArgs,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    #[command(flatten)]
    pub(crate) takeovers: TakeoverArgs,
}
