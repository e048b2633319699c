//! How the Codex CLI is run.

use std::path::PathBuf;

use baton_domain::spec::{Effort, ModelName};
use clap::{Args, ValueEnum};

/// How the Codex CLI is run.
#[derive(Debug, Clone, Args)]
pub(crate) struct CodexArgs {
    /// The model of runs that name none [default: Codex's own]
    #[arg(help_heading = "Codex", long, env = "BATON_WORKER_MODEL", value_name = "MODEL", value_parser = model)]
    pub(crate) model: Option<ModelName>,
    /// The effort of runs that name none: none, minimal, low, medium, high or xhigh
    /// [default: Codex's own]
    #[arg(
        help_heading = "Codex",
        long,
        env = "BATON_WORKER_EFFORT",
        value_name = "EFFORT"
    )]
    pub(crate) effort: Option<Effort>,
    /// The Codex CLI [default: codex on PATH]
    #[arg(
        help_heading = "Codex",
        long,
        env = "BATON_WORKER_CODEX_BIN",
        value_name = "FILE"
    )]
    pub(crate) codex_bin: Option<PathBuf>,
    /// The logged-in Codex home whose auth.json each run gets a copy of
    /// [default: $CODEX_HOME, then ~/.codex]
    #[arg(
        help_heading = "Codex",
        long,
        env = "BATON_WORKER_CODEX_HOME",
        value_name = "DIR"
    )]
    pub(crate) codex_home: Option<PathBuf>,
    /// A file with the API key that each run logs in with, instead of a logged-in home
    #[arg(
        help_heading = "Codex",
        long,
        env = "BATON_WORKER_CODEX_API_KEY_FILE",
        value_name = "FILE",
        conflicts_with = "codex_home"
    )]
    pub(crate) codex_api_key_file: Option<PathBuf>,
    /// A setting for Codex, `key=value` as for its `-c`; may be repeated (one a line in the variable)
    #[arg(
        help_heading = "Codex",
        long = "codex-config",
        env = "BATON_WORKER_CODEX_CONFIG",
        value_parser = super::checked::codex_setting,
        value_name = "KEY=VALUE",
        value_delimiter = '\n',
        hide_env_values = true
    )]
    pub(crate) codex_config: Vec<String>,
    /// What commands of Codex may touch
    #[arg(
        help_heading = "Codex",
        long,
        env = "BATON_WORKER_CODEX_SANDBOX",
        value_name = "SANDBOX",
        default_value = "workspace-write"
    )]
    pub(crate) codex_sandbox: Sandbox,
    /// What becomes of Codex's requests for permission to touch more
    #[arg(
        help_heading = "Codex",
        long,
        env = "BATON_WORKER_CODEX_APPROVALS",
        value_name = "WHO",
        default_value = "never"
    )]
    pub(crate) codex_approvals: Asking,
}

/// What becomes of an agent's requests for permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Asking {
    /// There are none: what the sandbox forbids, the agent hears at once
    Never,
    /// People answer them in the inbox, and the agent waits
    Ask,
}

impl From<Asking> for baton_worker::Approvals {
    fn from(asking: Asking) -> Self {
        match asking {
            Asking::Never => Self::Never,
            Asking::Ask => Self::Ask,
        }
    }
}

/// What commands of Codex may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sandbox {
    /// Nothing is written
    ReadOnly,
    /// The repository and temporary folders, without network
    WorkspaceWrite,
    /// All that this user may touch: only where the machine itself is the sandbox
    Bypass,
}

fn model(text: &str) -> Result<ModelName, baton_domain::spec::InvalidText> {
    ModelName::parse(text)
}
