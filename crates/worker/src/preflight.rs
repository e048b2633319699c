//! What a worker needs, checked before it claims anything: a claim that cannot be served is worse
//! than none.

use std::{fs, path::PathBuf};

use baton_domain::RunType;

use crate::{
    environment,
    git::{self, Git, GitError},
    handlers::{
        claude_home,
        codex_home::{self, Asked, LoginProblem},
    },
    options::{ClaudeLogin, ClaudeSandbox, CodexLogin, CodexSandbox, Lack, WorkerOptions},
    stop::Stop,
};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreflightReport {
    /// What git says of itself.
    pub git: String,
    /// What Codex says of itself, when the worker does such runs.
    pub codex: Option<String>,
    /// What Claude Code says of itself, when the worker does such runs.
    pub claude: Option<String>,
}

/// What is missing, and how to get it.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// The state folder cannot be used.
    #[error("the worker's state folder '{}' cannot be written: {source}; set BATON_WORKER_STATE_DIR to a folder that can", path.display())]
    StateDir {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Git is missing or broken.
    #[error("git cannot be run: {0}; install git on the worker")]
    Git(String),
    /// Codex is missing, broken or not logged in.
    #[error("{0}")]
    Codex(String),
    /// Claude Code is missing, broken or not logged in.
    #[error("{0}")]
    Claude(String),
    /// The API's address is none that the worker can use.
    #[error(
        "the API's address '{0}' cannot be used: give one that starts with http://, such as http://127.0.0.1:7700"
    )]
    ApiUrl(String),
}

impl PreflightError {
    /// The run type that the worker could do without, and why it has to.
    #[must_use]
    pub fn lack(&self) -> Option<(RunType, &str)> {
        match self {
            Self::Codex(why) => Some((RunType::CodexExec, why)),
            Self::Claude(why) => Some((RunType::ClaudeCode, why)),
            Self::StateDir { .. } | Self::Git(_) | Self::ApiUrl(_) => None,
        }
    }
}

/// Checks what the worker's run types need.
///
/// # Errors
/// The first thing that is missing.
pub async fn preflight(options: &WorkerOptions) -> Result<PreflightReport, PreflightError> {
    let options = &settled(options.clone())?;
    check_state_dir(options)?;
    if !options.api_url.starts_with("http://") {
        return Err(PreflightError::ApiUrl(crate::text::without_credentials(
            &options.api_url,
        )));
    }
    let git = check_git(options).await?;
    let codex = if options.run_types.contains(&RunType::CodexExec) {
        let found = check_codex(options).await;
        Some(found.map_err(|problem| PreflightError::Codex(problem.to_string()))?)
    } else {
        None
    };
    let claude = if options.run_types.contains(&RunType::ClaudeCode) {
        let found = check_claude(options).await;
        Some(found.map_err(|problem| PreflightError::Claude(problem.to_string()))?)
    } else {
        None
    };
    Ok(PreflightReport { git, codex, claude })
}

/// The options with paths that mean the same in every folder.
pub(crate) fn settled(options: WorkerOptions) -> Result<WorkerOptions, PreflightError> {
    let path = options.state_dir.clone();
    options
        .with_absolute_paths()
        .map_err(|source| PreflightError::StateDir { path, source })
}

/// The options of a worker that does what it has the programs for, with what was found; and why it
/// does not do the rest.
///
/// # Errors
/// The first thing that is missing, unless the worker may do without it.
pub(crate) async fn fit(
    mut options: WorkerOptions,
) -> Result<(WorkerOptions, PreflightReport), PreflightError> {
    loop {
        let error = match preflight(&options).await {
            Ok(report) => return Ok((options, report)),
            Err(error) => error,
        };
        match error.lack() {
            Some((run_type, why)) if options.lack == Lack::DoWithout => {
                tracing::warn!("this worker does no runs of type {run_type}: {why}");
                options.run_types.remove(&run_type);
            }
            _ => return Err(error),
        }
    }
}

/// Makes the state folder.
pub(crate) fn make_state_dir(options: &WorkerOptions) -> Result<(), PreflightError> {
    let folder = &options.state_dir;
    fs::create_dir_all(folder).map_err(|source| PreflightError::StateDir {
        path: folder.clone(),
        source,
    })
}

fn check_state_dir(options: &WorkerOptions) -> Result<(), PreflightError> {
    let folder = &options.state_dir;
    fs::create_dir_all(folder.join("runs"))
        .and_then(|()| git::write_settings(options))
        .map_err(|source| PreflightError::StateDir {
            path: folder.clone(),
            source,
        })
}

async fn check_git(options: &WorkerOptions) -> Result<String, PreflightError> {
    let git = Git::new(options, Stop::new());
    let version = git.line(&options.state_dir, &["--version"]).await;
    version.map_err(|error: GitError| PreflightError::Git(error.to_string()))
}

async fn check_codex(options: &WorkerOptions) -> Result<String, LoginProblem> {
    let environment = environment::for_agent(&options.environment, &options.pass_environment);
    let codex = Asked {
        program: &options.codex.program,
        environment: &environment,
    };
    let version = codex_home::program_version(&codex).await?;
    if let CodexLogin::Home(home) = &options.codex.login {
        codex_home::check_login(&codex, home).await?;
    }
    if options.codex.sandbox != CodexSandbox::Bypass {
        let home = options.state_dir.join("codex-preflight");
        codex_home::check_sandbox(&codex, &home).await?;
    }
    Ok(version)
}

async fn check_claude(options: &WorkerOptions) -> Result<String, claude_home::LoginProblem> {
    let environment = environment::for_agent(&options.environment, &options.pass_environment);
    let claude = claude_home::Asked {
        program: &options.claude.program,
        environment: &environment,
    };
    let version = claude.version().await?;
    if let ClaudeLogin::Home(home) = &options.claude.login {
        claude.check_login(home).await?;
    }
    if options.claude.sandbox == ClaudeSandbox::WorkspaceWrite {
        let home = options.state_dir.join("claude-preflight");
        claude.check_sandbox(&home).await?;
    }
    Ok(version)
}
