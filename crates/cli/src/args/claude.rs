//! How Claude Code is run.

use std::path::PathBuf;

use baton_domain::spec::{Effort, InvalidText, ModelName};
use clap::{Args, ValueEnum};

use super::codex::Asking;

/// How Claude Code is run.
#[derive(Debug, Clone, Args)]
pub(crate) struct ClaudeArgs {
    /// The model of runs that name none [default: Claude Code's own]
    #[arg(
        help_heading = "Claude Code",
        long,
        env = "BATON_WORKER_CLAUDE_MODEL",
        value_name = "MODEL",
        value_parser = model
    )]
    pub(crate) claude_model: Option<ModelName>,
    /// The effort of runs that name none: low, medium, high or xhigh
    /// [default: Claude Code's own]
    #[arg(
        help_heading = "Claude Code",
        long,
        env = "BATON_WORKER_CLAUDE_EFFORT",
        value_name = "EFFORT",
        value_parser = effort
    )]
    pub(crate) claude_effort: Option<Effort>,
    /// Claude Code's program [default: claude on PATH]
    #[arg(
        help_heading = "Claude Code",
        long,
        env = "BATON_WORKER_CLAUDE_BIN",
        value_name = "FILE"
    )]
    pub(crate) claude_bin: Option<PathBuf>,
    /// A file with the API key that each run uses [default: the key in ANTHROPIC_API_KEY, if there is
    /// one and no login is named]
    #[arg(
        help_heading = "Claude Code",
        long,
        env = "BATON_WORKER_CLAUDE_API_KEY_FILE",
        value_name = "FILE",
        conflicts_with = "claude_home"
    )]
    pub(crate) claude_api_key_file: Option<PathBuf>,
    /// The logged-in folder of Claude Code whose .credentials.json each run gets a copy of
    /// [default: $CLAUDE_CONFIG_DIR, then ~/.claude]
    #[arg(
        help_heading = "Claude Code",
        long,
        env = "BATON_WORKER_CLAUDE_HOME",
        value_name = "DIR"
    )]
    pub(crate) claude_home: Option<PathBuf>,
    /// Where its model is asked [default: $ANTHROPIC_BASE_URL, then Anthropic's own interface]
    #[arg(
        help_heading = "Claude Code",
        long,
        env = "BATON_WORKER_CLAUDE_BASE_URL",
        value_parser = super::checked::http_url,
        value_name = "URL"
    )]
    pub(crate) claude_base_url: Option<String>,
    /// What commands of Claude Code may touch
    #[arg(
        help_heading = "Claude Code",
        long,
        env = "BATON_WORKER_CLAUDE_SANDBOX",
        value_name = "SANDBOX",
        default_value = "workspace-write"
    )]
    pub(crate) claude_sandbox: ClaudeSandboxWish,
    /// What becomes of its requests for permission to touch more; without a sandbox, of every command
    /// that does more than read
    #[arg(
        help_heading = "Claude Code",
        long,
        env = "BATON_WORKER_CLAUDE_APPROVALS",
        value_name = "WHO",
        default_value = "never"
    )]
    pub(crate) claude_approvals: Asking,
}

/// What commands of Claude Code may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClaudeSandboxWish {
    /// The repository and temporary folders, without network; needs bubblewrap and socat
    WorkspaceWrite,
    /// All that this user may touch: only where the machine itself is the sandbox
    Bypass,
}

fn model(text: &str) -> Result<ModelName, InvalidText> {
    ModelName::parse(text)
}

fn effort(text: &str) -> Result<Effort, &'static str> {
    match text.parse() {
        Ok(Effort::None | Effort::Minimal) | Err(_) => Err("use low, medium, high or xhigh"),
        Ok(effort) => Ok(effort),
    }
}
