//! How Codex is run.

use std::path::PathBuf;

use baton_domain::spec::{Effort, ModelName};

use super::agent::Approvals;

/// How Codex is run.
#[derive(Debug, Clone)]
pub struct CodexOptions {
    /// The program, a path or a name on `PATH`.
    pub program: PathBuf,
    /// Whose login each run uses.
    pub login: CodexLogin,
    /// The model of runs that name none; otherwise Codex's own.
    pub model: Option<ModelName>,
    /// The effort of runs that name none; otherwise Codex's own.
    pub effort: Option<Effort>,
    /// Overrides of its configuration, each `key=value` as for `codex -c`.
    pub config: Vec<String>,
    /// What its commands may touch.
    pub sandbox: CodexSandbox,
    /// What becomes of its requests to touch more.
    pub approvals: Approvals,
}

impl Default for CodexOptions {
    fn default() -> Self {
        Self {
            program: PathBuf::from("codex"),
            login: CodexLogin::Home(PathBuf::from(".codex")),
            model: None,
            effort: None,
            config: Vec::new(),
            sandbox: CodexSandbox::WorkspaceWrite,
            approvals: Approvals::Never,
        }
    }
}

/// Whose login a run uses.
#[derive(Clone)]
pub enum CodexLogin {
    /// `auth.json`, and `config.toml` if there is one, are copied from this `CODEX_HOME` into
    /// each run's own, and the login is removed when the run ends.
    Home(PathBuf),
    /// Each run's own `CODEX_HOME` is logged in with this key.
    ApiKey(String),
}

impl std::fmt::Debug for CodexLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Home(path) => f.debug_tuple("Home").field(path).finish(),
            Self::ApiKey(_) => f.write_str("ApiKey(..)"),
        }
    }
}

/// What commands of Codex may touch. Codex's own sandbox keeps the rest away from them; where the
/// kernel forbids it (some containers), only the container itself is left, which has to be chosen
/// on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodexSandbox {
    /// Nothing is written; for runs that only look.
    ReadOnly,
    /// The repository, the artifacts folder and temporary folders, without network.
    WorkspaceWrite,
    /// Everything that the worker's user may touch; for workers that are sandboxes themselves.
    Bypass,
}

impl CodexSandbox {
    /// Codex's own word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::WorkspaceWrite => "workspace-write",
            Self::Bypass => "danger-full-access",
        }
    }
}
