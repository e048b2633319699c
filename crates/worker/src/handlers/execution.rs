//! What a handler has of its attempt, and what it says of its agent's program.

use std::{
    ffi::OsString,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use baton_terminal::{AgentOutput, Hosted, Mark};
use baton_wire::Event;
use tokio_util::sync::CancellationToken;

use crate::{
    attempt::Shop,
    control::Helm,
    environment::{self, Environment},
    holds::Holds,
    log_file::LogFile,
    options::WorkerOptions,
    process::mark,
    report::Reporter,
    session::Live,
    stop::Stop,
    usage::UsageMeter,
    workspace::{State, Workspace},
};

/// Everything that a handler needs of its attempt.
#[derive(Debug)]
pub(crate) struct Execution<'a> {
    pub(crate) shop: &'a Arc<Shop>,
    pub(crate) options: &'a WorkerOptions,
    pub(crate) workspace: &'a Workspace,
    pub(crate) state: &'a State,
    pub(crate) reporter: &'a Reporter,
    pub(crate) log: &'a LogFile,
    pub(crate) usage: &'a UsageMeter,
    pub(crate) holds: &'a Holds,
    pub(crate) stop: &'a Stop,
    /// What the run's session is told.
    pub(crate) live: &'a Live,
    /// What the run's control is told.
    pub(crate) helm: &'a Helm,
    /// What the task asked for and the worker gave.
    pub(crate) secrets: &'a Environment,
    /// The longest time that the agent may take.
    pub(crate) timeout: Duration,
    /// The agent that a worker before this one has started.
    pub(crate) found: Mutex<Option<Hosted>>,
    /// Whether the last thing said of that agent is that it is held still.
    pub(crate) held: bool,
}

/// An agent's program.
#[derive(Debug)]
pub(crate) struct Agent<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [OsString],
    pub(crate) folder: &'a Path,
    /// On top of what every agent sees.
    pub(crate) environment: Environment,
    pub(crate) input: Option<&'a [u8]>,
    /// What of it is connected to its terminal.
    pub(crate) output: AgentOutput,
    /// What to say once it runs.
    pub(crate) started: Event,
    /// Lets the handler end it.
    pub(crate) abort: CancellationToken,
}

impl Execution<'_> {
    /// The attempt's mark.
    pub(crate) fn mark(&self) -> Mark {
        mark(self.state.run, self.state.attempt)
    }

    /// Whether the agent was started before, and is only followed on.
    pub(crate) fn is_adopted(&self) -> bool {
        self.found.lock().is_ok_and(|found| found.is_some())
    }

    /// What every agent sees: its share of the worker's environment, a home of its own, and where
    /// to leave files.
    pub(crate) fn environment(&self) -> Environment {
        let mut environment = self.share();
        let artifacts = self.workspace.artifacts().into_os_string();
        environment.push(("HOME".into(), self.workspace.home().into_os_string()));
        environment.push(("BATON_ARTIFACTS_DIR".into(), artifacts));
        environment.push(("GIT_TERMINAL_PROMPT".into(), "0".into()));
        // Nobody turns pages in its terminal.
        environment.push(("PAGER".into(), "cat".into()));
        environment.push(("GIT_PAGER".into(), "cat".into()));
        environment.extend(self.secrets.iter().cloned());
        environment
    }

    /// Its share of the worker's environment.
    pub(super) fn share(&self) -> Environment {
        environment::for_agent(&self.options.environment, &self.options.pass_environment)
    }
}
