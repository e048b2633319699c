//! Measuring.

use clap::{Args, ValueEnum};

use super::ProgramArgs;

/// What is to be measured, and how much.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Ours and raw are measured in turn in the same run, on private servers that are removed afterwards.
Compare ratios: times depend on the machine and on what else it does.

Examples:
  baton bench                  measure queue and recorder
  baton bench recorder --json  figures for a script
  baton bench control          how soon a worker holds what an operator wishes")]
pub(crate) struct BenchArgs {
    /// What to measure; queue and recorder if left out
    #[arg(value_enum)]
    pub(crate) scenario: Option<BenchScenario>,
    /// Offers to take, keys to type or wishes to make, one after another; events recorded in a round are 40 times as many
    #[arg(long, value_name = "COUNT", default_value_t = 500, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub(crate) n: u32,
    /// Rounds of which the median counts, where rates are measured
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) rounds: u32,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) programs: ProgramArgs,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchScenario {
    /// From publishing an offer to holding its lease
    Queue,
    /// Recorded events a second
    Recorder,
    /// From a wish about a running agent to its worker holding it; what a checkpoint costs an agent;
    /// only when it is named
    Control,
    /// Live terminals: echo, join, fan-out, revoke, floods; only when it is named
    Terminal,
}
