//! The worker's settings as a plain value. Reading them from arguments and environment is the
//! binary's work.

mod agent;
mod claude;
mod control;
mod session;
mod tmate;

use std::{
    collections::BTreeSet,
    ffi::OsString,
    io,
    num::NonZeroU32,
    path::{self, Path, PathBuf},
    time::Duration,
};

use baton_domain::{
    Capability, Pool, RunType, WorkerId,
    spec::{Effort, ModelName},
};
use baton_terminal::HostProgram;

pub use self::agent::Approvals;
pub use self::claude::{ClaudeLogin, ClaudeOptions, ClaudeSandbox};
pub use self::control::ControlOptions;
pub use self::session::{Recording, SessionOptions};
pub use self::tmate::{TmateOptions, TmatePatience, TmateRelayOptions};

/// What a worker is told.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Its name on the broker; one running worker per name.
    pub worker: WorkerId,
    /// The machine's name, shown to people.
    pub hostname: String,
    /// Where workspaces and unsent reports live; one running worker per folder.
    pub state_dir: PathBuf,
    /// Where artifacts go: the API's root, such as `http://127.0.0.1:7700`.
    pub api_url: String,
    /// The token that it shows to the API.
    pub token: Option<WorkerToken>,
    /// Whose queues it serves.
    pub pools: BTreeSet<Pool>,
    /// What work it does.
    pub run_types: BTreeSet<RunType>,
    /// What it has besides.
    pub capabilities: BTreeSet<Capability>,
    /// Runs that it does at once.
    pub slots: NonZeroU32,
    /// When it leaves by itself.
    pub mode: Mode,
    /// What it does when operators have drained it and it holds nothing.
    pub when_drained: WhenDrained,
    /// How often it says that it lives.
    pub beat_every: Duration,
    /// How often it looks whether it still holds the leases of runs that say nothing.
    pub check_leases_every: Duration,
    /// After a soft stop, how long runs may go on before they are handed back.
    pub drain_deadline: Duration,
    /// The process's environment; agents and git see a chosen part of it.
    pub environment: Vec<(OsString, OsString)>,
    /// Names of variables that agents get besides the usual ones. `BATON_*` is never passed on.
    pub pass_environment: BTreeSet<String>,
    /// Names of variables whose values tasks may ask for; their values are kept out of everything
    /// that leaves the worker.
    pub task_secrets: BTreeSet<String>,
    /// How Codex is run.
    pub codex: CodexOptions,
    /// How Claude Code is run.
    pub claude: ClaudeOptions,
    /// How git is run.
    pub git: GitOptions,
    /// The program that pushes run under, called as `leash`; without one they run free, and may
    /// go on when the lease is lost.
    pub leash_program: Option<PathBuf>,
    /// The program that the hooks of agents call as `checkpoint`; without one, agents are held by
    /// force alone, and hear nothing.
    pub hook_program: Option<PathBuf>,
    /// Where pull requests are opened, and by whom.
    pub github: GitHubOptions,
    /// Live sessions and recordings.
    pub session: SessionOptions,
    /// How runs are held.
    pub control: ControlOptions,
    /// How sessions are shown through tmate.
    pub tmate: TmateOptions,
    /// Bounds of what an attempt may leave.
    pub limits: Limits,
    /// The program that agents live in; this process's own, as `pty-host`, when there is none.
    pub host_program: Option<HostProgram>,
    /// How long an agent lives on when its worker is gone.
    pub orphan_after: Duration,
    /// How long an agent goes on while the broker is away before it is held still.
    pub freeze_after: Duration,
    /// What a soft stop does to runs in progress.
    pub on_stop: OnStop,
    /// What happens when a program is missing that some run types need.
    pub lack: Lack,
    /// How many workspaces of ended attempts are kept, the newest first.
    pub keep_workspaces: usize,
}

/// What a soft stop does to runs in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnStop {
    /// They go on for the drain deadline, then they are handed back.
    Finish,
    /// The worker leaves at once; its agents go on, and the next worker in its state folder takes
    /// them up again.
    Leave,
}

/// What a worker does without a program that some of its run types need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// It does not start.
    Refuse,
    /// It does the other run types.
    DoWithout,
}

/// A worker's token. Its `Debug` keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkerToken(String);

impl WorkerToken {
    /// The text as it was given out.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text: not for logs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for WorkerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorkerToken(..)")
    }
}

/// When a worker leaves by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Never.
    Serve,
    /// After one run, or when none could be claimed within this time.
    Once {
        /// How long it looks for a run.
        wait: Duration,
    },
}

/// What becomes of a worker that is drained and holds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenDrained {
    /// It waits until it may take runs again.
    Stay,
    /// It leaves.
    Leave,
}

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

/// How git is run.
#[derive(Debug, Clone)]
pub struct GitOptions {
    /// The program, a path or a name on `PATH`.
    pub program: PathBuf,
    /// The longest time that one git command may take.
    pub timeout: Duration,
    /// Author and committer of published commits.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// Where pull requests are opened, and by whom.
#[derive(Clone)]
pub struct GitHubOptions {
    /// The root of the REST interface: `https://api.github.com`, or
    /// `https://<host>/api/v3` of an Enterprise server.
    pub api_url: String,
    /// The token for it, which git gets too for repositories of the same host over HTTPS.
    pub token: Option<String>,
    /// How long a pull request is tried for while GitHub is away or asks for patience.
    pub patience: Duration,
}

impl Default for GitHubOptions {
    fn default() -> Self {
        Self {
            api_url: "https://api.github.com".to_owned(),
            token: None,
            patience: Duration::from_secs(300),
        }
    }
}

impl std::fmt::Debug for GitHubOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitHubOptions")
            .field("api_url", &self.api_url)
            .finish_non_exhaustive()
    }
}

/// Bounds of what an attempt may leave.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest artifact in bytes; larger ones are left out with a warning.
    pub artifact_bytes: u64,
    /// The most artifacts; the rest is left out with a warning.
    pub artifacts: usize,
    /// The largest log file in bytes; what comes after is not written.
    pub log_bytes: u64,
    /// How much of the log is published live, in bytes.
    pub live_log_bytes: u64,
    /// How much of one attempt's reports may wait for the broker, in bytes. At half of it the live
    /// log ends, at all of it the agent is held still until half of it is gone.
    pub spool_bytes: u64,
    /// How much of an agent's output is kept until its run is over, in bytes; what comes after is
    /// counted and dropped.
    pub journal_bytes: u64,
    /// How long uploads of a run that went well are retried.
    pub upload_patience: Duration,
    /// The same for a run that failed, whose failure should not wait.
    pub upload_patience_failed: Duration,
}

impl WorkerOptions {
    /// A worker with one slot in the pool `default` that does everything.
    #[must_use]
    pub fn new(worker: WorkerId, state_dir: &Path, api_url: &str) -> Self {
        Self {
            hostname: worker.to_string(),
            worker,
            state_dir: state_dir.to_owned(),
            api_url: api_url.trim_end_matches('/').to_owned(),
            token: None,
            pools: BTreeSet::from([Pool::default_pool()]),
            run_types: RunType::ALL.iter().copied().collect(),
            capabilities: BTreeSet::new(),
            slots: NonZeroU32::MIN,
            mode: Mode::Serve,
            when_drained: WhenDrained::Stay,
            beat_every: Duration::from_secs(3),
            check_leases_every: Duration::from_secs(10),
            drain_deadline: Duration::from_secs(30),
            environment: Vec::new(),
            pass_environment: BTreeSet::new(),
            task_secrets: BTreeSet::new(),
            codex: CodexOptions::default(),
            claude: ClaudeOptions::default(),
            git: GitOptions::default(),
            leash_program: None,
            hook_program: None,
            github: GitHubOptions::default(),
            session: SessionOptions::default(),
            control: ControlOptions::default(),
            tmate: TmateOptions::default(),
            limits: Limits::default(),
            host_program: None,
            orphan_after: Duration::from_secs(60),
            freeze_after: Duration::from_secs(600),
            on_stop: OnStop::Finish,
            lack: Lack::Refuse,
            keep_workspaces: 20,
        }
    }
}

impl WorkerOptions {
    /// The same with every path made absolute: programs run in folders of their own, where a
    /// relative path means something else.
    pub(crate) fn with_absolute_paths(mut self) -> io::Result<Self> {
        self.state_dir = path::absolute(&self.state_dir)?;
        if let CodexLogin::Home(home) = &mut self.codex.login {
            *home = path::absolute(&*home)?;
        }
        if let ClaudeLogin::Home(home) = &mut self.claude.login {
            *home = path::absolute(&*home)?;
        }
        let programs = [
            &mut self.codex.program,
            &mut self.claude.program,
            &mut self.git.program,
            &mut self.tmate.program,
        ];
        for program in programs {
            // A bare name is looked for on PATH.
            if program.components().count() > 1 {
                *program = path::absolute(&*program)?;
            }
        }
        Ok(self)
    }
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

impl Default for GitOptions {
    fn default() -> Self {
        Self {
            program: PathBuf::from("git"),
            timeout: Duration::from_secs(600),
            name: "Baton".to_owned(),
            email: "baton@localhost".to_owned(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            artifact_bytes: 64 << 20,
            artifacts: 1000,
            log_bytes: 64 << 20,
            live_log_bytes: 1 << 20,
            spool_bytes: 256 << 20,
            journal_bytes: 256 << 20,
            upload_patience: Duration::from_secs(600),
            upload_patience_failed: Duration::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_become_absolute_and_bare_names_stay() {
        let worker = "w1".parse().unwrap();
        let mut options = WorkerOptions::new(worker, Path::new("state"), "http://127.0.0.1:1/");
        options.codex.program = PathBuf::from("./codex");
        let options = options.with_absolute_paths().unwrap();
        let here = std::env::current_dir().unwrap();
        assert_eq!(options.state_dir, here.join("state"));
        assert_eq!(options.codex.program, here.join("codex"));
        assert_eq!(options.git.program, Path::new("git"));
        assert_eq!(options.api_url, "http://127.0.0.1:1");
    }
}
