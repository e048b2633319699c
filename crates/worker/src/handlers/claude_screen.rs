//! Claude Code with its own screen in the run's terminal. What it does is known from its session's
//! file, and so is the end of its turn: then it is ended, unless somebody holds it.

use std::{
    ffi::OsString,
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use baton_domain::{Failure, FailureCode};
use baton_terminal::{AgentOutput, Status};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    claude::{Plan, outcome},
    claude_lines::Fact,
    claude_session::SessionFiles,
    claude_told::Told,
    codex::looking_on,
    execute::{Agent, Execution},
};
use crate::{process::Sinks, stop::Interrupted, text};

/// How long it may take to begin its turn: its screen may ask something that nobody expects.
const BEGINS_WITHIN: Duration = Duration::from_secs(90);
/// The longest instruction that is an argument, in bytes; the kernel takes 128 KiB.
const LONGEST_ARGUMENT: usize = 100_000;

/// Runs Claude Code with its screen; returns its last words.
pub(super) async fn run(execution: &Execution<'_>, plan: &Plan<'_>) -> Result<String, Interrupted> {
    let folder = execution.workspace.repo();
    let mut arguments = plan.arguments(execution);
    let prompt = prompt(plan).map_err(|error| {
        let message = format!("the agent's instructions cannot be written: {error}");
        Failure::new(FailureCode::WorkerFault, message)
    })?;
    arguments.extend([OsString::from("--"), prompt.into()]);
    let abort = CancellationToken::new();
    let agent = Agent {
        program: &execution.options.claude.program,
        arguments: &arguments,
        folder: &folder,
        environment: plan.environment(),
        input: None,
        output: AgentOutput::Terminal,
        started: plan.started(),
        abort: abort.clone(),
    };
    let held = Arc::new(AtomicBool::new(false));
    let mut screen = Screen {
        held: Arc::clone(&held),
        shows: String::new(),
    };
    let mut session = Session::new(plan, execution);
    let run = execution.run(agent, &mut screen);
    let finished = looking_on(run, || {
        session.look();
        if session.is_over(held.load(Relaxed)) {
            abort.cancel();
        }
    })
    .await?;
    session.told.flush();
    session.judge(&outcome(&finished), &screen.shows)
}

/// The instruction, or where it is.
fn prompt(plan: &Plan<'_>) -> io::Result<String> {
    let instructions = plan.order.instructions.as_str();
    if instructions.len() <= LONGEST_ARGUMENT {
        return Ok(instructions.to_owned());
    }
    let file = plan.home.path().join("instructions.md");
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It has not begun to work.
    Awaited,
    /// It works.
    Running,
    /// It waits for somebody to tell it more.
    Over,
}

struct Session {
    files: SessionFiles,
    told: Told,
    turn: Turn,
    began: Instant,
    /// Until when it is waited for.
    patience: Instant,
    /// Whether its end was wished.
    ended: bool,
}

impl Session {
    fn new(plan: &Plan<'_>, execution: &Execution<'_>) -> Self {
        let now = Instant::now();
        Self {
            files: SessionFiles::of(plan.home.path()),
            told: plan.told(execution),
            turn: Turn::Awaited,
            began: now,
            patience: now + BEGINS_WITHIN,
            ended: false,
        }
    }

    fn look(&mut self) {
        self.told.at(self.began.elapsed());
        for fact in self.files.news() {
            self.turn = match fact {
                Fact::TurnEnded | Fact::GaveUp(_) => Turn::Over,
                Fact::Said { .. }
                | Fact::Used { .. }
                | Fact::Answered { .. }
                | Fact::Asked { .. } => Turn::Running,
                // It counts what it has spent also when it leaves.
                _ => self.turn,
            };
            self.told.hear(fact);
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
            Turn::Over => true,
        };
        self.ended
    }

    fn judge(self, how: &str, shows: &str) -> Result<String, Interrupted> {
        let message = match (self.turn, self.told.failure()) {
            (Turn::Over, None) => {
                let last = self.told.last_words();
                let last = last.unwrap_or("claude ended without a word");
                return Ok(text::head(last, 4000));
            }
            (Turn::Over, Some(why)) => format!("claude gave up: {}", text::head(why, 2000)),
            (Turn::Running, _) => format!("claude {how} in the middle of its turn"),
            (Turn::Awaited, _) => {
                let began = if self.ended {
                    format!("did not begin within {} s", BEGINS_WITHIN.as_secs())
                } else {
                    format!("{how} before it began")
                };
                format!("claude {began}; its screen shows: {}", shown(shows))
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
