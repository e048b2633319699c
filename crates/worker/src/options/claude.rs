//! How Claude Code is run.

use std::{fmt, path::PathBuf};

use baton_domain::spec::{Effort, ModelName};

use super::Approvals;

/// How Claude Code is run.
#[derive(Debug, Clone)]
pub struct ClaudeOptions {
    /// The program, a path or a name on `PATH`.
    pub program: PathBuf,
    /// Whose login each run uses.
    pub login: ClaudeLogin,
    /// Where its model is asked; otherwise Anthropic's own interface.
    pub base_url: Option<String>,
    /// The model of runs that name none; otherwise Claude Code's own.
    pub model: Option<ModelName>,
    /// The effort of runs that name none; otherwise Claude Code's own.
    pub effort: Option<Effort>,
    /// What its commands may touch.
    pub sandbox: ClaudeSandbox,
    /// What becomes of its requests to touch more; without a sandbox, of every command that does more
    /// than read.
    pub approvals: Approvals,
}

/// Whose login a run uses.
#[derive(Clone)]
pub enum ClaudeLogin {
    /// `.credentials.json` is copied from this folder, a `CLAUDE_CONFIG_DIR`, into each run's own,
    /// and is removed when the run ends.
    Home(PathBuf),
    /// Each run uses this key. It lies in a file of the run's own until the run ends; the agent's
    /// commands do not get it as a variable.
    ApiKey(String),
}

impl fmt::Debug for ClaudeLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home(path) => f.debug_tuple("Home").field(path).finish(),
            Self::ApiKey(_) => f.write_str("ApiKey(..)"),
        }
    }
}

/// What commands of Claude Code may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaudeSandbox {
    /// The repository, the artifacts folder and temporary folders, without network. It is Claude
    /// Code's own sandbox, which needs bubblewrap and socat; it does not start without them.
    WorkspaceWrite,
    /// Everything that the worker's user may touch; for workers that are sandboxes themselves.
    Bypass,
}

impl ClaudeSandbox {
    /// Its name, as in the settings.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::WorkspaceWrite => "workspace-write",
            Self::Bypass => "bypass",
        }
    }
}

impl ClaudeOptions {
    /// When it asks for permission, as in the settings.
    pub(crate) const fn approvals_word(&self) -> &'static str {
        match self.approvals {
            Approvals::Never => "never",
            Approvals::Ask => "ask",
        }
    }
}

impl Default for ClaudeOptions {
    fn default() -> Self {
        Self {
            program: PathBuf::from("claude"),
            login: ClaudeLogin::Home(PathBuf::from(".claude")),
            base_url: None,
            model: None,
            effort: None,
            sandbox: ClaudeSandbox::WorkspaceWrite,
            approvals: Approvals::Never,
        }
    }
}
