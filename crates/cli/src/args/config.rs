//! `baton config`.

use clap::{Args, Subcommand, ValueEnum};

use super::examples;

/// Looking at settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting of a role: its value, and whether a flag, a variable or nobody set it
    Show(ConfigShowArgs),
    /// Print every setting as an environment file, at its default
    #[command(after_help = examples::CONFIG_ENV)]
    Env,
    /// Print the page of all settings, as Markdown
    #[command(after_help = examples::CONFIG_PAGE)]
    Page,
}

/// Whose settings.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::CONFIG_SHOW)]
pub(crate) struct ConfigShowArgs {
    /// The role [default: all of them]
    #[arg(value_enum)]
    pub(crate) role: Option<ConfigRole>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Flags of the role, to see what they would do
    #[arg(last = true, value_name = "FLAGS", requires = "role")]
    pub(crate) flags: Vec<String>,
}

/// A command that stays and works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigRole {
    /// The HTTP API and the dashboard
    Api,
    /// It does the work
    Worker,
    /// It keeps what happened
    Recorder,
    /// It watches leases and retries
    Supervisor,
    /// Everything on one machine
    Dev,
}

impl ConfigRole {
    /// The command's name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Recorder => "recorder",
            Self::Supervisor => "supervisor",
            Self::Dev => "dev",
        }
    }
}
