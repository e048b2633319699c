//! Codex with its own screen in the run's terminal. What it does is known from its session's record.

use std::{ffi::OsString, fs, path::Path};

use baton_domain::{Failure, FailureCode};
use baton_terminal::AgentOutput;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    codex_plan::Plan,
    codex_rollout::Told,
    codex_sessions::{Meter, Sessions},
    codex_teller::Teller,
    execution::{Agent, Execution},
    reader::Tells,
    screen::{self, STOPPED, Turn},
};
use crate::stop::Interrupted;

/// Settings that keep the screen from asking, from looking for updates and from drawing without end.
const QUIET: [&str; 4] = [
    "check_for_update_on_startup=false",
    "tui.screen_reader_detection_done=true",
    "tui.animations=false",
    "tui.notifications=false",
];

/// Runs Codex with its screen; returns its last words.
pub(super) async fn run(execution: &Execution<'_>, plan: &Plan<'_>) -> Result<String, Interrupted> {
    let folder = execution.workspace.repo();
    check_repository(&folder)?;
    let arguments = arguments(execution, plan)?;
    let agent = Agent {
        program: &execution.options.codex.program,
        arguments: &arguments,
        folder: &folder,
        environment: plan.environment(execution),
        input: None,
        output: AgentOutput::Terminal,
        started: plan.started(),
        abort: CancellationToken::new(),
    };
    let mut session = Session::new(plan, execution);
    let seen = screen::run(execution, (Teller::AGENT, agent), || session.look()).await?;
    session.teller.flush();
    seen.judge(session.last())
}

/// Codex asks a person before it opens a repository with settings of its own, which may run
/// programs outside every sandbox.
fn check_repository(folder: &Path) -> Result<(), Failure> {
    if !folder.join(".codex").exists() {
        return Ok(());
    }
    let message = "the repository has settings of its own for Codex (.codex), and Codex's screen opens them only for a person who trusts them: use task.runtime.mode 'exec', which leaves them out";
    Err(Failure {
        code: FailureCode::AgentFailed,
        message: message.to_owned(),
        retryable: false,
    })
}

fn arguments(execution: &Execution<'_>, plan: &Plan<'_>) -> Result<Vec<OsString>, Failure> {
    // No server that outlives the run, and what has scrolled by stays readable.
    let mut words: Vec<OsString> = vec!["--no-daemon".into(), "--no-alt-screen".into()];
    let folder = fs::canonicalize(execution.workspace.repo()).map_err(|error| {
        let message = format!("the run's folder cannot be found: {error}");
        Failure::new(FailureCode::WorkerFault, message)
    })?;
    let trusted = format!(
        "projects={{{}={{trust_level=\"trusted\"}}}}",
        Value::from(folder.to_string_lossy())
    );
    let settings = QUIET.iter().map(|setting| (*setting).to_owned());
    for setting in settings.chain([trusted]) {
        words.extend(["-c".into(), setting.into()]);
    }
    words.extend(plan.arguments(execution));
    if plan.control.sandbox != crate::options::CodexSandbox::Bypass {
        words.extend(["-a".into(), plan.control.policy().into()]);
    }
    let prompt = screen::prompt(plan.order.instructions, plan.home)?;
    words.extend(["--".into(), prompt]);
    Ok(words)
}

struct Session {
    sessions: Sessions,
    teller: Teller,
    meter: Meter,
    /// Its last words, or why it has none.
    last: Result<Option<String>, String>,
}

impl Session {
    fn new(plan: &Plan<'_>, execution: &Execution<'_>) -> Self {
        Self {
            sessions: Sessions::of(plan.home),
            teller: plan.teller(execution),
            meter: Meter::new(execution.reporter.clone()),
            last: Ok(None),
        }
    }

    /// How its turn stands by what is new, if that tells.
    fn look(&mut self) -> Option<Turn> {
        let mut turn = None;
        for heard in self.sessions.news() {
            self.meter.take(&heard.told);
            if heard.main {
                turn = self.take(heard.told).or(turn);
            }
        }
        turn
    }

    fn take(&mut self, told: Told) -> Option<Turn> {
        match told {
            Told::TurnBegan => Some(Turn::Running),
            Told::TurnEnded(how) => {
                self.last = how;
                Some(Turn::Over)
            }
            Told::TurnStopped => {
                self.last = Err(STOPPED.to_owned());
                Some(Turn::Stopped)
            }
            Told::Did(line) => {
                self.teller.tell(line);
                None
            }
            Told::Main | Told::Answered(_) => None,
        }
    }

    /// Its last words, or why it has none.
    fn last(&self) -> Result<Option<&str>, &str> {
        let said = self.teller.heard.last_message.as_deref();
        let last = self.last.as_ref().map_err(String::as_str)?;
        Ok(last.as_deref().or(said))
    }
}
