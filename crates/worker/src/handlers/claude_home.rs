//! A run's own `CLAUDE_CONFIG_DIR`: made from the worker's login, and rid of the login when the run
//! is over. Nothing of the settings of whoever runs the worker, nor of the repository, is read.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use baton_terminal::Exit;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    environment::Environment,
    options::{ClaudeLogin, ClaudeOptions},
    process::{self, ProgramError, Sinks, Spec},
    text,
};

/// How long Claude Code may take to say who is logged in.
const PATIENCE: Duration = Duration::from_secs(30);
/// How it says that it has no sandbox, before the reason.
const NO_SANDBOX: &str = "sandbox required but unavailable:";
const LOGIN: &str = ".credentials.json";
const KEY: &str = "api-key";
const SETTINGS: &str = "baton.json";
/// What Claude Code remembers of itself.
const MEMORY: &str = ".claude.json";

/// Why Claude Code cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginProblem {
    #[error("there is no program '{}': install Claude Code on the worker (npm install -g @anthropic-ai/claude-code), or set its path", .0.display())]
    Missing(PathBuf),
    #[error("claude is not logged in: run 'claude auth login' with CLAUDE_CONFIG_DIR={}, or give the worker an API key (ANTHROPIC_API_KEY, or a file that holds it)", .0.display())]
    NotLoggedIn(PathBuf),
    #[error("claude cannot be asked whether it is logged in: {0}")]
    Broken(String),
    #[error(
        "claude's sandbox does not work on this machine: {0}; install bubblewrap and socat and allow user namespaces (docs/agents.md says how), or, if the worker is a sandbox itself, set BATON_WORKER_CLAUDE_SANDBOX=bypass"
    )]
    NoSandbox(String),
}

/// A run's own folder for Claude Code.
#[derive(Debug)]
pub(crate) struct ClaudeHome {
    folder: PathBuf,
}

impl ClaudeHome {
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The value for `CLAUDE_CONFIG_DIR`.
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// The settings of the run.
    pub(crate) fn settings(&self) -> PathBuf {
        self.folder.join(SETTINGS)
    }

    /// The file with the key, if the run uses one.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.join(KEY)
    }

    /// The login, if the run uses one.
    pub(crate) fn login(&self) -> PathBuf {
        self.folder.join(LOGIN)
    }

    /// Where its temporary files go.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    /// Makes the folder, with login and settings, for work in `repo`.
    pub(crate) fn prepare(
        &self,
        options: &ClaudeOptions,
        repo: &Path,
        settings: &Value,
    ) -> Result<(), LoginProblem> {
        self.write(options, repo, settings)
            .map_err(|error| LoginProblem::Broken(error.to_string()))?;
        match &options.login {
            ClaudeLogin::Home(from) if !self.login().exists() => {
                Err(LoginProblem::NotLoggedIn(from.clone()))
            }
            _ => Ok(()),
        }
    }

    fn write(&self, options: &ClaudeOptions, repo: &Path, settings: &Value) -> io::Result<()> {
        let mut folders = fs::DirBuilder::new();
        let folders = folders.recursive(true).mode(0o700);
        folders.create(&self.folder)?;
        folders.create(self.temporary())?;
        match &options.login {
            ClaudeLogin::Home(from) => copy(&from.join(LOGIN), &self.login())?,
            ClaudeLogin::ApiKey(key) => write(&self.key(), key.as_bytes())?,
        }
        write(&self.settings(), settings.to_string().as_bytes())?;
        let repo = fs::canonicalize(repo)?;
        // It has been here before, as far as it knows: nobody is there to welcome.
        let memory = json!({
            "hasCompletedOnboarding": true,
            "theme": "dark",
            "bypassPermissionsModeAccepted": true,
            "projects": { repo.to_string_lossy(): {
                "hasTrustDialogAccepted": true,
                "hasCompletedProjectOnboarding": true,
            }},
        });
        write(&self.folder.join(MEMORY), memory.to_string().as_bytes())
    }

    /// Takes the login away.
    pub(crate) fn forget(&self) {
        for file in [self.login(), self.key()] {
            // Without one, there is nothing to take.
            let _ = fs::remove_file(file);
        }
    }
}

/// The program with the environment to ask it in.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) program: &'a Path,
    pub(crate) environment: &'a Environment,
}

impl Asked<'_> {
    /// What `claude --version` prints.
    pub(crate) async fn version(&self) -> Result<String, LoginProblem> {
        let (good, said) = self.ask(&["--version"], None).await?;
        let said = text::head(said.trim(), 300);
        if good {
            Ok(said)
        } else {
            Err(LoginProblem::Broken(said))
        }
    }

    /// Asks whether somebody is logged in at this `CLAUDE_CONFIG_DIR`.
    pub(crate) async fn check_login(&self, home: &Path) -> Result<(), LoginProblem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Status {
            logged_in: bool,
        }
        let (_, said) = self.ask(&["auth", "status"], Some(home)).await?;
        match serde_json::from_str(&said) {
            Ok(Status { logged_in: true }) => Ok(()),
            Ok(Status { logged_in: false }) => Err(LoginProblem::NotLoggedIn(home.to_owned())),
            Err(_) => Err(LoginProblem::Broken(text::head(said.trim(), 300))),
        }
    }

    /// Tries whether there is the sandbox that its commands run in. It says so before it asks a
    /// model, and there is none where this one looks.
    pub(crate) async fn check_sandbox(&self, home: &Path) -> Result<(), LoginProblem> {
        let settings = r#"{"sandbox":{"enabled":true,"failIfUnavailable":true}}"#;
        let words = ["-p", "--setting-sources", "", "--settings", settings, "x"];
        let nowhere = [
            ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
            ("ANTHROPIC_API_KEY", "none"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("CLAUDE_CODE_MAX_RETRIES", "0"),
        ];
        let environment = self.with(&nowhere);
        let asked = Asked {
            program: self.program,
            environment: &environment,
        };
        let (_, said) = asked.ask(&words, Some(home)).await?;
        let line = said.lines().find_map(|line| line.split_once(NO_SANDBOX));
        match line {
            Some((_, why)) => Err(LoginProblem::NoSandbox(text::head(why.trim(), 1000))),
            None => Ok(()),
        }
    }

    fn with(&self, more: &[(&str, &str)]) -> Environment {
        let more = more.iter().map(|(name, value)| (name.into(), value.into()));
        self.environment.iter().cloned().chain(more).collect()
    }

    async fn ask(
        &self,
        words: &[&str],
        home: Option<&Path>,
    ) -> Result<(bool, String), LoginProblem> {
        let arguments: Vec<_> = words.iter().map(Into::into).collect();
        let mut environment = self.with(&[("DISABLE_AUTOUPDATER", "1")]);
        if let Some(home) = home {
            environment.push(("CLAUDE_CONFIG_DIR".into(), home.into()));
        }
        let spec = Spec {
            program: self.program,
            arguments: &arguments,
            folder: Path::new("/"),
            environment: &environment,
            mark: None,
            input: None,
            timeout: PATIENCE,
            stop: None,
        };
        let mut heard = Heard::default();
        match process::run(spec, &mut heard).await {
            Ok(finished) => {
                let said = String::from_utf8_lossy(&heard.0).into_owned();
                Ok((finished.exit == Exit::Code(0), said))
            }
            Err(ProgramError::Missing(program)) => Err(LoginProblem::Missing(program)),
            Err(error) => Err(LoginProblem::Broken(error.to_string())),
        }
    }
}

#[derive(Default)]
struct Heard(Vec<u8>);

impl Sinks for Heard {
    fn stdout(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// Copies a file that may not be there.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::read(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        read => write(to, &read?),
    }
}

/// Writes a file that only the worker's user may read.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)
}
