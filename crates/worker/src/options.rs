//! The worker's settings as a plain value. Reading them from arguments and environment is the
//! binary's work.

mod agent;
mod claude;
mod codex;
mod control;
mod git;
mod limits;
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

use baton_domain::{Capability, Pool, RunType, WorkerId};
use baton_terminal::HostProgram;

pub use self::agent::Approvals;
pub use self::claude::{ClaudeLogin, ClaudeOptions, ClaudeSandbox};
pub use self::codex::{CodexLogin, CodexOptions, CodexSandbox};
pub use self::control::ControlOptions;
pub use self::git::{GitHubOptions, GitOptions};
pub use self::limits::Limits;
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
