//! Watching a run's terminal, and playing it back.

use std::{path::PathBuf, time::Duration};

use baton_domain::{RunId, TerminalName};
use clap::{Args, ValueEnum};

use super::{ClientArgs, checked::choice, examples, id};
use crate::attach::DetachKey;

/// Which terminal, and what one wants of it.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::ATTACH)]
pub(crate) struct AttachArgs {
    /// The run's id
    #[arg(required_unless_present = "socket", value_parser = id::run)]
    pub(crate) run: Option<RunId>,
    /// Watch at the run's host on this machine, by its socket (`host/socket` in the run's folder),
    /// without the API
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "write"])]
    pub(crate) socket: Option<PathBuf>,
    /// Where this is shown: in a pane of a tmate session, grants for typing through tmate count
    #[arg(
        long,
        value_name = "WHERE",
        requires = "socket",
        default_value = "local",
        hide = true
    )]
    pub(crate) via: ViaArg,
    /// Which of its terminals: agent, or shell (a shell in the run's workspace)
    #[arg(long, value_name = "NAME", default_value = "agent", value_parser = choice!(TerminalName), hide_possible_values = true)]
    pub(crate) terminal: TerminalName,
    /// Ask for the right to type; it is given back when you leave
    #[arg(long, requires = "reason", conflicts_with = "plain")]
    pub(crate) write: bool,
    /// What you want to type for; everybody who watches sees it
    #[arg(long, value_name = "TEXT", requires = "write")]
    pub(crate) reason: Option<String>,
    /// For how long, 1 to 240 minutes [default: the server's]
    #[arg(long, value_name = "N", requires = "write", value_parser = clap::value_parser!(u32).range(1..=240))]
    pub(crate) minutes: Option<u32>,
    /// Take over from whoever may type now
    #[arg(long, requires = "write")]
    pub(crate) take_over: bool,
    /// Print what it shows as plain text: for pipes
    #[arg(long)]
    pub(crate) plain: bool,
    /// The key that leaves
    #[arg(long, value_name = "KEY", default_value = "ctrl-]")]
    pub(crate) detach_key: DetachKey,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// Where somebody watches at a run's host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViaArg {
    /// In a window of their own: to watch only.
    Local,
    /// In a pane of a tmate session.
    Tmate,
}

/// Which recording, and what to do with it.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::REPLAY)]
pub(crate) struct ReplayArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// The attempt [default: the last]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) attempt: Option<u32>,
    /// Which of its terminals: agent or shell
    #[arg(long, value_name = "NAME", default_value = "agent", value_parser = choice!(TerminalName), hide_possible_values = true)]
    pub(crate) terminal: TerminalName,
    /// How fast, 0.1 to 100
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,
    /// The longest wait, in seconds; 0 for none at all
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    pub(crate) idle_limit: f64,
    /// Save it there instead of playing it; - for standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

impl ReplayArgs {
    /// The longest wait.
    pub(crate) fn idle_limit(&self) -> Duration {
        Duration::from_secs_f64(self.idle_limit)
    }
}

fn speed(text: &str) -> Result<f64, String> {
    number(text, 0.1, 100.0)
}

fn seconds(text: &str) -> Result<f64, String> {
    number(text, 0.0, 86_400.0)
}

fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("use a number from {least} to {most}"))
}
