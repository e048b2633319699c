//! Running an agent's program for an attempt, whatever kind of agent it is.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use baton_domain::{Failure, FailureCode};
use baton_wire::Event;
use tokio_util::sync::CancellationToken;

use crate::{
    environment::{self, Environment},
    log_file::LogFile,
    options::WorkerOptions,
    process::{self, Ended, Exit, Finished, Mark, ProgramError, Sinks, Spec},
    redact::Stream,
    report::Reporter,
    stop::{Interrupted, Stop, StopReason},
    usage::UsageMeter,
    workspace::{AgentProcess, State, Workspace},
};

/// Everything that a handler needs of its attempt.
#[derive(Debug)]
pub(crate) struct Execution<'a> {
    pub(crate) options: &'a WorkerOptions,
    pub(crate) workspace: &'a Workspace,
    pub(crate) state: &'a State,
    pub(crate) reporter: &'a Reporter,
    pub(crate) log: &'a LogFile,
    pub(crate) usage: &'a UsageMeter,
    pub(crate) stop: &'a Stop,
    /// What the task asked for and the worker gave.
    pub(crate) secrets: &'a Environment,
    /// The longest time that the agent may take.
    pub(crate) timeout: std::time::Duration,
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
    /// What to say once it runs.
    pub(crate) started: Event,
    /// Lets the handler end it.
    pub(crate) abort: CancellationToken,
}

impl Execution<'_> {
    /// The attempt's mark.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            run: self.state.run,
            attempt: self.state.attempt,
        }
    }

    /// What every agent sees: its share of the worker's environment, a home of its own, and where
    /// to leave files.
    pub(crate) fn environment(&self) -> Environment {
        let options = self.options;
        let mut environment =
            environment::for_agent(&options.environment, &options.pass_environment);
        let artifacts = self.workspace.artifacts().into_os_string();
        environment.push(("HOME".into(), self.workspace.home().into_os_string()));
        environment.push(("BATON_ARTIFACTS_DIR".into(), artifacts));
        environment.push(("GIT_TERMINAL_PROMPT".into(), "0".into()));
        environment.extend(self.secrets.iter().cloned());
        environment
    }

    /// Runs the agent to its end and says when it began and ended.
    pub(crate) async fn run(
        &self,
        agent: Agent<'_>,
        words: &mut impl Sinks,
    ) -> Result<Finished, Interrupted> {
        let mut environment = self.environment();
        environment.extend(agent.environment);
        let spec = Spec {
            program: agent.program,
            arguments: agent.arguments,
            folder: agent.folder,
            environment: &environment,
            mark: Some(self.mark()),
            input: agent.input,
            timeout: self.timeout,
        };
        let mut sinks = Announcing {
            execution: self,
            started: Some(agent.started),
            stdout: self.reporter.redactor().stream(),
            stderr: self.reporter.redactor().stream(),
            words,
        };
        let stop = async {
            tokio::select! {
                _ = self.stop.requested() => {}
                () = agent.abort.cancelled() => {}
            }
        };
        let ran = process::run(spec, &mut sinks, stop).await;
        sinks.finish();
        self.remember(None)?;
        let finished = ran.map_err(|error| missing_or_fault(&error))?;
        self.say_exited(&finished);
        self.stop.check()?;
        if finished.ended == Ended::OnTimeout {
            let limit = self.timeout.as_secs();
            let message = format!(
                "the agent was ended after {limit} s, the run's time limit: set timeoutSeconds higher or ask for less"
            );
            return Err(Failure::new(FailureCode::TimedOut, message).into());
        }
        Ok(finished)
    }

    fn say_exited(&self, finished: &Finished) {
        let (exit_code, signal) = match finished.exit {
            Exit::Code(code) => (Some(code), None),
            Exit::Signal(signal) => (None, Some(signal)),
        };
        self.log.flush();
        self.reporter.say(Event::AgentExited {
            exit_code,
            signal,
            duration_ms: millis(finished.took),
        });
    }

    /// Notes the agent's process for a worker started again.
    fn remember(&self, agent: Option<AgentProcess>) -> Result<(), Interrupted> {
        let state = State {
            agent,
            ..self.state.clone()
        };
        self.workspace.write_state(&state).map_err(|error| {
            let message = format!("the worker's state cannot be written: {error}");
            Failure::new(FailureCode::WorkerFault, message).into()
        })
    }

    /// A file of the worker's own record.
    pub(crate) fn record(&self, name: &str) -> PathBuf {
        self.workspace.record().join(name)
    }
}

/// Notes and announces the process when it has started, and passes its words on without secrets:
/// nobody beyond this point has to think of them.
struct Announcing<'a, S> {
    execution: &'a Execution<'a>,
    started: Option<Event>,
    stdout: Stream,
    stderr: Stream,
    words: &'a mut S,
}

impl<S: Sinks> Announcing<'_, S> {
    /// Passes on what may have been the beginning of a secret, and was none.
    fn finish(&mut self) {
        self.words.stdout(&self.stdout.finish());
        self.words.stderr(&self.stderr.finish());
    }
}

impl<S: Sinks> Sinks for Announcing<'_, S> {
    fn started(&mut self, pid: i32) {
        let agent = process::start_ticks(pid).map(|start_ticks| AgentProcess { pid, start_ticks });
        if let Err(Interrupted::Failed(failure)) = self.execution.remember(agent) {
            // Unknown to a worker started again, it could outlive its attempt.
            let stop = StopReason::Fault(failure.message);
            self.execution.stop.request(stop);
        }
        if let Some(event) = self.started.take() {
            self.execution.reporter.say(event);
        }
        self.words.started(pid);
    }

    fn stdout(&mut self, bytes: &[u8]) {
        self.execution.usage.printed(bytes.len());
        self.words.stdout(&self.stdout.push(bytes));
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.execution.usage.printed(bytes.len());
        self.words.stderr(&self.stderr.push(bytes));
    }
}

fn missing_or_fault(error: &ProgramError) -> Interrupted {
    let (code, advice) = match error {
        ProgramError::Missing(_) => (
            FailureCode::AgentMissing,
            ": install it on the worker, or name one that is there",
        ),
        _ => (FailureCode::WorkerFault, ""),
    };
    Failure::new(code, format!("{error}{advice}")).into()
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
