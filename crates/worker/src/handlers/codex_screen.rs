//! Codex with its own screen in the run's terminal. What it does is known from its session's record,
//! and so is the end of its turn: then it is ended, unless somebody holds it.

use std::{
    ffi::OsString,
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use baton_domain::{Failure, FailureCode};
use baton_terminal::{AgentOutput, Status};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    codex::{Plan, looking_on, outcome, teller},
    codex_rollout::Told,
    codex_sessions::{Meter, Sessions},
    codex_teller::Teller,
    execute::{Agent, Execution},
};
use crate::{process::Sinks, stop::Interrupted, text};

/// How long it may take to begin its turn: its screen may ask something that nobody expects.
const BEGINS_WITHIN: Duration = Duration::from_secs(90);
/// The longest instruction that is an argument, in bytes; the kernel takes 128 KiB.
const LONGEST_ARGUMENT: usize = 100_000;
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
    let arguments = arguments(execution, plan).map_err(|error| {
        let message = format!("the agent's instructions cannot be written: {error}");
        Failure::new(FailureCode::WorkerFault, message)
    })?;
    let abort = CancellationToken::new();
    let agent = Agent {
        program: &execution.options.codex.program,
        arguments: &arguments,
        folder: &folder,
        environment: plan.environment(execution),
        input: None,
        output: AgentOutput::Terminal,
        started: plan.started(),
        abort: abort.clone(),
    };
    let held = Arc::new(AtomicBool::new(false));
    let mut screen = Screen {
        held: held.clone(),
        shows: String::new(),
    };
    let mut sessions = Sessions::of(plan.home);
    let mut session = Session::new(teller(execution), Meter::new(execution.reporter.clone()));
    let run = execution.run(agent, &mut screen);
    let finished = looking_on(run, || {
        for heard in sessions.news() {
            session.take(heard.main, heard.told);
        }
        if session.is_over(held.load(Relaxed)) {
            abort.cancel();
        }
    })
    .await?;
    session.teller.log.flush();
    session.judge(&outcome(&finished), &screen.shows)
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

fn arguments(execution: &Execution<'_>, plan: &Plan<'_>) -> io::Result<Vec<OsString>> {
    // No server that outlives the run, and what has scrolled by stays readable.
    let mut words: Vec<OsString> = vec!["--no-daemon".into(), "--no-alt-screen".into()];
    let folder = fs::canonicalize(execution.workspace.repo())?;
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
    words.extend(["--".into(), prompt(plan)?.into()]);
    Ok(words)
}

/// The instruction, or where it is.
fn prompt(plan: &Plan<'_>) -> io::Result<String> {
    let instructions = plan.order.instructions.as_str();
    if instructions.len() <= LONGEST_ARGUMENT {
        return Ok(instructions.to_owned());
    }
    let file = plan.home.join("instructions.md");
    fs::write(&file, instructions)?;
    Ok(format!(
        "Your instructions are in the file {}. Read all of it, then do what it says.",
        file.display()
    ))
}

/// What is heard of the screen itself.
struct Screen {
    /// Whether somebody holds the agent.
    held: Arc<AtomicBool>,
    /// The last that it shows, as text.
    shows: String,
}

impl Sinks for Screen {
    fn status(&mut self, status: &Status) {
        self.held
            .store(status.hold.is_some() || status.frozen, Relaxed);
    }

    fn stdout(&mut self, bytes: &[u8]) {
        let text = format!("{}{}", self.shows, String::from_utf8_lossy(bytes));
        self.shows = text::tail(&text, 2000);
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.stdout(bytes);
    }
}

/// How far the agent is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Turn {
    /// It has not begun to work.
    Awaited,
    /// It works.
    Running,
    /// It has said its last words, or why it has none.
    Over(Result<Option<String>, String>),
}

struct Session {
    teller: Teller,
    meter: Meter,
    turn: Turn,
    /// Until when it is waited for.
    patience: Instant,
    /// Whether its end was wished.
    ended: bool,
}

impl Session {
    fn new(teller: Teller, meter: Meter) -> Self {
        Self {
            teller,
            meter,
            turn: Turn::Awaited,
            patience: Instant::now() + BEGINS_WITHIN,
            ended: false,
        }
    }

    fn take(&mut self, main: bool, told: Told) {
        self.meter.take(&told);
        if !main {
            return;
        }
        match told {
            Told::TurnBegan => self.turn = Turn::Running,
            Told::TurnEnded(how) => self.turn = Turn::Over(how),
            Told::TurnStopped => {
                self.turn = Turn::Over(Err("its turn was stopped in the terminal".to_owned()));
            }
            Told::Did(line) => self.teller.tell(line),
            Told::Main | Told::Answered(_) => {}
        }
    }

    /// Whether there is nothing to wait for. Somebody who holds it may have more for it to do.
    fn is_over(&mut self, held: bool) -> bool {
        if held {
            self.patience = Instant::now() + BEGINS_WITHIN;
            return false;
        }
        self.ended = match self.turn {
            Turn::Awaited => Instant::now() > self.patience,
            Turn::Running => false,
            Turn::Over(_) => true,
        };
        self.ended
    }

    fn judge(self, how: &str, shows: &str) -> Result<String, Interrupted> {
        let message = match self.turn {
            Turn::Over(Ok(last)) => {
                let last = last.or(self.teller.heard.last_message);
                let last = last.as_deref().unwrap_or("codex ended without a word");
                return Ok(text::head(last, 4000));
            }
            Turn::Over(Err(why)) => format!("codex gave up: {}", text::head(&why, 2000)),
            Turn::Running => format!("codex {how} in the middle of its turn"),
            Turn::Awaited => {
                let began = if self.ended {
                    format!("did not begin within {} s", BEGINS_WITHIN.as_secs())
                } else {
                    format!("{how} before it began")
                };
                format!("codex {began}; its screen shows: {}", shown(shows))
            }
        };
        Err(Failure::new(FailureCode::AgentFailed, message).into())
    }
}

/// The last lines of a screen in one.
fn shown(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join(" / ");
    text::tail(&line, 500)
}
