//! Commands about what runs need a person for.

use baton_domain::{HelpKind, Pool, RunId};
use clap::{Args, Subcommand, ValueEnum};
use uuid::Uuid;

use super::{ClientArgs, checked::choice, examples::control as examples, id};

/// What waits for a person; the list if nothing else is said.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = examples::INBOX)]
pub(crate) struct InboxArgs {
    #[command(subcommand)]
    pub(crate) command: Option<InboxCommand>,
    #[command(flatten)]
    pub(crate) list: InboxListArgs,
}

/// What to do with the inbox.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum InboxCommand {
    /// List what waits for a person, the oldest first
    #[command(after_help = examples::INBOX_LIST)]
    List(InboxListArgs),
    /// Answer a request
    #[command(after_help = examples::INBOX_ANSWER)]
    Answer(InboxAnswerArgs),
    /// Show what waits, and then what comes and what is settled, as it happens
    #[command(after_help = examples::INBOX_WATCH)]
    Watch(InboxWatchArgs),
}

/// Which requests to list.
#[derive(Debug, Clone, Args)]
pub(crate) struct InboxListArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    #[command(flatten)]
    pub(crate) filter: InboxFilterArgs,
    /// Where they stand
    #[arg(long, value_name = "STATE", default_value = "open")]
    pub(crate) state: InboxState,
    /// Requests on a page, 1 to 200
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) limit: u32,
    /// Go on where an earlier page ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// All pages
    #[arg(long, conflicts_with = "cursor")]
    pub(crate) all: bool,
}

/// Which requests.
#[derive(Debug, Clone, Args)]
pub(crate) struct InboxFilterArgs {
    /// Only of this kind: question, permission, retries_used_up, policy, budget or stall
    #[arg(long, value_name = "KIND", value_parser = choice!(HelpKind), hide_possible_values = true)]
    pub(crate) kind: Option<HelpKind>,
    /// Only of this run
    #[arg(long, value_name = "RUN", value_parser = id::run)]
    pub(crate) run: Option<RunId>,
    /// Only of runs in this pool
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<Pool>,
}

/// Which request to answer, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct InboxAnswerArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The request's id
    #[arg(value_parser = id::request)]
    pub(crate) request: Uuid,
    /// One of its options, the number of one, or your own words where it takes them
    pub(crate) answer: String,
    /// For the record, and for the agent where it hears reasons
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

/// Which requests to watch.
#[derive(Debug, Clone, Args)]
pub(crate) struct InboxWatchArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    #[command(flatten)]
    pub(crate) filter: InboxFilterArgs,
}

/// Where requests stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum InboxState {
    /// Nobody has dealt with them
    Open,
    /// They are over
    Over,
    /// Somebody has answered
    Answered,
    /// They are not needed any more
    Withdrawn,
    /// Nobody answered in the time that the agent waited
    TimedOut,
    /// Their attempt ended
    RunEnded,
    /// All of them
    Any,
}

impl InboxState {
    /// As the API calls it; none for all.
    pub(crate) const fn as_str(self) -> Option<&'static str> {
        Some(match self {
            Self::Open => "open",
            Self::Over => "over",
            Self::Answered => "answered",
            Self::Withdrawn => "withdrawn",
            Self::TimedOut => "timed_out",
            Self::RunEnded => "run_ended",
            Self::Any => return None,
        })
    }
}
