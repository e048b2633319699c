//! Commands about dead letters.

use baton_domain::{FailureCode, Pool, RunId};
use clap::{Args, Subcommand};

use super::{ClientArgs, examples, id};

/// Commands about dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// List dead letters by cause, the most frequent first
    #[command(after_help = examples::DEAD_LETTERS_LIST)]
    List(DeadLettersListArgs),
    /// List the runs among the dead letters, the last ones first
    #[command(after_help = examples::DEAD_LETTERS_SHOW)]
    Show(DeadLettersListArgs),
    /// Try dead letters again, with their failures forgotten
    #[command(after_help = examples::DEAD_LETTERS_REDRIVE)]
    Redrive(DeadLettersRedriveArgs),
}

/// Which dead letters.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeadLetterFilterArgs {
    /// Only of this kind of failure, such as agent_failed or lease_lost
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Option<FailureCode>,
    /// Only of this cause, as `baton dead-letters list` prints it
    #[arg(long, value_name = "TEXT")]
    pub(crate) cause: Option<String>,
    /// Only of this pool
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<Pool>,
}

/// Which dead letters to list.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeadLettersListArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    #[command(flatten)]
    pub(crate) filter: DeadLetterFilterArgs,
    /// Lines on a page, 1 to 200
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) limit: u32,
    /// Go on where an earlier page ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
}

/// Which dead letters to try again.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeadLettersRedriveArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// These runs, instead of those that fit --code, --cause and --pool
    #[arg(
        value_name = "RUN",
        value_parser = id::run,
        conflicts_with_all = ["code", "cause", "pool", "limit"]
    )]
    pub(crate) runs: Vec<RunId>,
    #[command(flatten)]
    pub(crate) filter: DeadLetterFilterArgs,
    /// At most so many, the oldest first, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Only say which runs it would be
    #[arg(long)]
    pub(crate) dry_run: bool,
}
