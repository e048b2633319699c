//! Commands about runs.

use std::path::PathBuf;

use baton_domain::{Pool, RunId, RunType, SessionStatus, StateName};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::{
    ClientArgs, HandBackArgs, MessageArgs, MessagesArgs, PauseArgs, RaiseBudgetArgs, ResumeArgs,
    SubmitArgs, TakeoverRunArgs, checked::choice, examples, id,
};

/// Commands about runs.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Put a run before the fleet
    #[command(long_about = SUBMIT, after_long_help = SUBMIT_EXAMPLES)]
    Submit(Box<SubmitArgs>),
    /// List runs, newest first
    List(Box<ListArgs>),
    /// Show one run
    Show(ShowArgs),
    /// Tell why a run has not started: each worker, and what keeps it from the run
    Why(WhyArgs),
    /// Watch a run until it ends
    Follow(FollowArgs),
    /// End a run
    Cancel(CancelArgs),
    /// Hold a run at its agent's next tool call, or at once
    Pause(Box<PauseArgs>),
    /// Let a held run go on
    Resume(ResumeArgs),
    /// Hold a run and work in its place
    Takeover(Box<TakeoverRunArgs>),
    /// Let the agent go on from what you have done in its place
    HandBack(HandBackArgs),
    /// Tell a run's agent something
    Message(MessageArgs),
    /// List what was said to a run's agent and how far it has come, or take it back
    Messages(MessagesArgs),
    /// Let a run use up more than it was given
    RaiseBudget(RaiseBudgetArgs),
    /// Try a run again that failed or was dead-lettered
    Redrive(RedriveArgs),
    /// List the files that a run left, or get one
    Artifacts(ArtifactsArgs),
}

const SUBMIT: &str = "Put a run before the fleet.

The work is an instruction for a coding agent (--instructions), a command (everything after `--`), \
or a whole request as JSON (--file; `-` reads standard input).";

const SUBMIT_EXAMPLES: &str = "\
Examples:
  baton runs submit -r https://example.org/app.git -i 'Add a test for the parser' --publish branch --follow
  baton runs submit -r /srv/git/app.git --title 'Count lines' -- wc -l README.md
  baton runs submit --file run.json --json";

/// Which runs to list.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::LIST)]
pub(crate) struct ListArgs {
    /// Only runs in this state, such as running or failed; may be repeated
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = choice!(StateName), hide_possible_values = true)]
    pub(crate) state: Vec<StateName>,
    /// Only runs of this kind: codex_exec, claude_code or command
    #[arg(long = "type", value_name = "TYPE", value_parser = choice!(RunType), hide_possible_values = true)]
    pub(crate) run_type: Option<RunType>,
    /// Only runs of this pool
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<Pool>,
    /// Only runs on this repository
    #[arg(long, value_name = "URL")]
    pub(crate) repository: Option<String>,
    /// Only runs whose live session stands so: disabled, starting, ready, revoked, ended or error
    #[arg(long, value_name = "STATUS", value_parser = choice!(SessionStatus), hide_possible_values = true)]
    pub(crate) session: Option<SessionStatus>,
    /// Only runs of this submitter
    #[arg(long, value_name = "NAME")]
    pub(crate) submitted_by: Option<String>,
    /// Only runs whose title holds these words
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) query: Option<String>,
    /// Only runs submitted after this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) submitted_after: Option<DateTime<Utc>>,
    /// Only runs submitted before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) submitted_before: Option<DateTime<Utc>>,
    /// Runs on a page, 1 to 200
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) limit: u32,
    /// Go on where an earlier page ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// All pages
    #[arg(long, conflicts_with = "cursor")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// Which run to show.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::SHOW)]
pub(crate) struct ShowArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// Which run to ask about.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::WHY)]
pub(crate) struct WhyArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// Which run to follow.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::FOLLOW)]
pub(crate) struct FollowArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// Leave out what happened up to this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) after: u64,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// Which run to end.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::CANCEL)]
pub(crate) struct CancelArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Wait until it has ended
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// Which run to try again.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::REDRIVE)]
pub(crate) struct RedriveArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Wait until it has ended
    #[arg(long)]
    pub(crate) follow: bool,
}

/// Which artifacts.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::ARTIFACTS)]
pub(crate) struct ArtifactsArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// Get this one, such as `patches/changes.patch`, instead of listing all
    #[arg(long, value_name = "NAME")]
    pub(crate) get: Option<String>,
    /// The attempt that left it [default: the last that has it]
    #[arg(long, value_name = "N", requires = "get", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) attempt: Option<u32>,
    /// Where to write it [default: standard output]
    #[arg(long, short, value_name = "FILE", requires = "get")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}
