//! Running an agent's program for an attempt, whatever kind of agent it is: in a host of its own,
//! which is started, or found again by a worker that was started again.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use baton_domain::{Failure, FailureCode, TerminalName, TerminalSize};
use baton_terminal::{
    AgentOutput, AttachError, Ended as AgentEnd, Exit, FollowError, HostProgram, Hosted,
    LaunchError, NotStarted, Order, Recorded, Remote, ShellOrder, TerminalOrder, left_behind,
};
use baton_wire::Event;
use tokio_util::sync::CancellationToken;

use super::{
    execution::{Agent, Execution},
    follow::{Following, Outcome},
};
use crate::{
    environment::{self, Environment},
    options::{Recording, WorkerOptions},
    process::{Ended, Finished, Sinks},
    redact,
    session::{Feed, Shown, When, recording},
    stop::Interrupted,
};

impl Execution<'_> {
    /// Runs the agent to its end and says when it began and ended.
    pub(crate) async fn run(
        &self,
        agent: Agent<'_>,
        words: &mut impl Sinks,
    ) -> Result<Finished, Interrupted> {
        let found = self.found.lock().ok().and_then(|mut found| found.take());
        let hosted = match found {
            Some(hosted) => hosted,
            None => self
                .launch(&agent)
                .await
                .map_err(|error| launch_fault(&error))?,
        };
        self.live.host_is_up(self.workspace.host());
        self.helm.agent_is(hosted.remote());
        if agent.output == AgentOutput::Piped {
            self.log.show_in(hosted.remote());
        }
        let following = Following::new(self, &agent, words);
        let mut shown = self.show(hosted.remote());
        let followed = following.follow(hosted, &agent.abort).await;
        self.log.show_nowhere();
        shown.end(followed.is_ok()).await;
        let outcome = followed?;
        self.helm.agent_is_over();
        self.keep_recording(agent.program, outcome.worked).await;
        let finished = self.judge(agent.program, outcome).await?;
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

    async fn launch(&self, agent: &Agent<'_>) -> Result<Hosted, LaunchError> {
        let mut environment = self.environment();
        environment.extend(agent.environment.iter().cloned());
        let (run, attempt) = (self.state.run, self.state.attempt);
        let order = Order {
            program: agent.program.into(),
            arguments: agent.arguments.to_vec(),
            folder: agent.folder.into(),
            environment,
            input: agent.input.map(<[u8]>::to_vec),
            mark: self.mark(),
            cgroup: Some(format!("baton-{run}-{attempt}")),
            orphan_after_ms: millis(self.options.orphan_after),
            journal_bytes: self.options.limits.journal_bytes,
            terminal: Some(self.terminal(agent.output)),
        };
        let host = host_program(self.options);
        baton_terminal::launch(&host, &self.workspace.host(), &self.share(), &order).await
    }

    /// Has the agent's terminals published and its gate kept.
    fn show(&self, remote: Remote) -> Shown {
        let feed = Feed {
            bus: self.shop.bus.clone(),
            worker: self.options.worker.clone(),
            run: self.state.run,
            attempt: self.state.attempt,
            terminal: TerminalName::Agent,
            host: self.workspace.host(),
            live: self.live.clone(),
            when: match self.options.session.recording {
                Recording::On => When::Always,
                Recording::Off => When::Shown,
            },
            over: CancellationToken::new(),
        };
        Shown::begin(feed, self.shop.keys.clone(), remote)
    }

    /// Leaves the recording of the agent's terminal in the record. What cannot be had of it is told,
    /// and the run goes on.
    async fn keep_recording(&self, program: &Path, worked: Duration) {
        if self.options.session.recording == Recording::Off {
            return;
        }
        let worked = chrono::TimeDelta::from_std(worked).ok();
        let began = worked.and_then(|worked| self.shop.clock.now().checked_sub_signed(worked));
        let of = Recorded {
            terminal: TerminalName::Agent,
            began: began.and_then(|began| u64::try_from(began.timestamp()).ok()),
            title: Some(format!(
                "run {}, attempt {}",
                self.state.run, self.state.attempt
            )),
            command: Some(program.display().to_string()),
        };
        let limit = self.options.limits.artifact_bytes;
        let (host, record) = (self.workspace.host(), self.workspace.record());
        let message = match recording::record(host, record, of, limit).await {
            Ok(true) => return,
            Ok(false) => format!(
                "the recording of the terminal ends early: {limit} bytes of it are kept, the log has more"
            ),
            Err(error) => format!("the terminal's recording cannot be kept: {error}"),
        };
        self.reporter.say(Event::Warning { message });
    }

    fn terminal(&self, output: AgentOutput) -> TerminalOrder {
        let shell = environment::get(&self.options.environment, "SHELL");
        TerminalOrder {
            run: self.state.run,
            attempt: self.state.attempt,
            output,
            size: TerminalSize::DEFAULT,
            secrets: redact::known(self.options),
            keys: self.shop.keys.known(),
            shell: Some(ShellOrder {
                program: shell.unwrap_or_else(|| "bash".as_ref()).to_owned(),
                arguments: Vec::new(),
                environment: history(&self.workspace.shell_history()),
            }),
            watched: self.options.session.recording == Recording::On,
        }
    }

    async fn judge(&self, program: &Path, outcome: Outcome) -> Result<Finished, Interrupted> {
        let Outcome { end, ended, worked } = outcome;
        match end {
            Ok(AgentEnd {
                exit, worked_ms, ..
            }) => Ok(Finished {
                exit,
                took: Duration::from_millis(worked_ms),
                ended,
            }),
            Err(FollowError::NotStarted(why)) => Err(not_started(program, &why)),
            Err(FollowError::HostGone) => {
                // What it has started has lost its guardian.
                let _ = left_behind(&self.workspace.host(), self.mark())
                    .kill()
                    .await;
                if ended != Ended::Itself {
                    let (exit, took) = (Exit::Signal(9), worked);
                    return Ok(Finished { exit, took, ended });
                }
                let message = "the process that the agent lives in died, and the agent with it";
                Err(Failure::new(FailureCode::AgentKilled, message).into())
            }
            Err(error @ FollowError::Journal(_)) => {
                Err(Failure::new(FailureCode::WorkerFault, error.to_string()).into())
            }
        }
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

    /// A file of the worker's own record.
    pub(crate) fn record(&self, name: &str) -> PathBuf {
        self.workspace.record().join(name)
    }
}

/// Has a shell keep what it was told to do, as it is told: what operators type at its prompt is
/// read there, since a shell that edits its own line lets the terminal echo nothing. bash heeds it.
fn history(file: &Path) -> Environment {
    [
        ("HISTFILE", file.as_os_str()),
        ("HISTCONTROL", "".as_ref()),
        ("HISTSIZE", "-1".as_ref()),
        ("HISTFILESIZE", "-1".as_ref()),
        ("PROMPT_COMMAND", "history -a".as_ref()),
    ]
    .map(|(name, value)| (name.into(), value.to_owned()))
    .to_vec()
}

/// What serves as a host: unless told otherwise, the worker's own program.
fn host_program(options: &WorkerOptions) -> HostProgram {
    // By the link: the file may have been replaced by a later build, which may not know us.
    let own = || HostProgram {
        program: PathBuf::from("/proc/self/exe"),
        arguments: vec!["pty-host".into()],
    };
    options.host_program.clone().unwrap_or_else(own)
}

fn launch_fault(error: &LaunchError) -> Interrupted {
    Failure::new(FailureCode::WorkerFault, error.to_string()).into()
}

fn not_started(program: &Path, why: &NotStarted) -> Interrupted {
    let program = program.display();
    if why.missing {
        let message = format!(
            "there is no program '{program}': install it on the worker, or name one that is there"
        );
        return Failure::new(FailureCode::AgentMissing, message).into();
    }
    let message = format!("'{program}' cannot be started: {}", why.message);
    Failure::new(FailureCode::WorkerFault, message).into()
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whether an error means that no agent was started.
pub(crate) const fn never_started(error: &AttachError) -> bool {
    matches!(error, AttachError::NeverStarted(_))
}
