//! `baton sessions`.

use baton_domain::{Channel, Provider, RunId, TerminalName};
use clap::{Args, Subcommand};

use super::{ClientArgs, checked::choice, examples, id};

/// What to do with a run's live session.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// Let people watch a run's terminals
    #[command(after_help = examples::SESSIONS_ENABLE)]
    Enable(EnableArgs),
    /// Show a run's live session: how it stands, where to watch, who may type
    #[command(after_help = examples::SESSIONS_SHOW)]
    Show(SessionArgs),
    /// Ask for the right to type; what types is printed once
    #[command(after_help = examples::SESSIONS_GRANT)]
    Grant(GrantArgs),
    /// More time for the right to type that you have
    #[command(after_help = examples::SESSIONS_RENEW)]
    Renew(RenewArgs),
    /// Give back the right to type that you have
    #[command(after_help = examples::SESSIONS_RELEASE)]
    Release(SessionEndArgs),
    /// Take the right to type away from whoever has it
    #[command(after_help = examples::SESSIONS_REVOKE_WRITE)]
    RevokeWrite(SessionEndArgs),
    /// End a run's live session; the run goes on
    #[command(after_help = examples::SESSIONS_REVOKE)]
    Revoke(SessionEndArgs),
}

/// Whose session.
#[derive(Debug, Args)]
pub(crate) struct SessionArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// What is to end.
#[derive(Debug, Args)]
pub(crate) struct SessionEndArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// What session to begin.
#[derive(Debug, Args)]
pub(crate) struct EnableArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// By what means: web or tmate [default: the server's]
    #[arg(long, value_name = "NAME", value_parser = choice!(Provider), hide_possible_values = true)]
    pub(crate) provider: Option<Provider>,
    /// For how long, in minutes, 1 to 1440 [default: the server's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub(crate) minutes: Option<u32>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// What right to ask for.
#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// What you want to type for; everybody who watches sees it
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// For how long, in minutes, 1 to 240 [default: the server's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=240))]
    pub(crate) minutes: Option<u32>,
    /// Into which terminal: agent or shell; may be repeated [default: both]
    #[arg(long = "terminal", value_name = "NAME", value_parser = choice!(TerminalName), hide_possible_values = true)]
    pub(crate) terminals: Vec<TerminalName>,
    /// Where you type: web (browser and `baton attach`) or tmate
    #[arg(long, value_name = "NAME", default_value = "web", value_parser = choice!(Channel), hide_possible_values = true)]
    pub(crate) channel: Channel,
    /// Take over from whoever may type now
    #[arg(long)]
    pub(crate) take_over: bool,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// How much more time.
#[derive(Debug, Args)]
pub(crate) struct RenewArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// For how long from now on, in minutes, 1 to 240 [default: the server's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=240))]
    pub(crate) minutes: Option<u32>,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}
