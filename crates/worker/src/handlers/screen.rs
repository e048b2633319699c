//! An agent with its own screen in the run's terminal. What it does is known from its own record, and
//! so is the end of its turn: then it is ended, unless somebody holds it.

use std::{ffi::OsString, fs, path::Path, time::Duration};

use baton_domain::{Failure, FailureCode, spec::Instructions};
use baton_terminal::Status;
use tokio::time::Instant;

use super::{
    execution::{Agent, Execution},
    growing::looking_on,
    reader::outcome,
};
use crate::{process::Sinks, stop::Interrupted, text};

/// How long it may take to begin its turn: its screen may ask something that nobody expects.
const BEGINS_WITHIN: Duration = Duration::from_secs(90);
/// The longest instruction that is an argument, in bytes; the kernel takes 128 KiB.
const LONGEST_ARGUMENT: usize = 100_000;

/// How far the agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has not begun to work.
    Awaited,
    /// It works.
    Running,
    /// It waits for somebody to tell it more.
    Over,
}

/// What was seen of an agent that has ended.
#[derive(Debug)]
pub(super) struct Seen {
    /// The agent's name.
    agent: &'static str,
    turn: Turn,
    /// Whether its end was wished.
    ended: bool,
    /// How its program ended.
    how: String,
    /// The last that it showed, as text.
    shows: String,
}

/// Runs an agent until its turn is over. `look` hears what is new and says how far it is.
pub(super) async fn run(
    execution: &Execution<'_>,
    (name, agent): (&'static str, Agent<'_>),
    mut look: impl FnMut() -> Turn,
) -> Result<Seen, Interrupted> {
    let abort = agent.abort.clone();
    let (held, is_held) = tokio::sync::watch::channel(false);
    let mut screen = Screen {
        held,
        shows: String::new(),
    };
    let mut waiting = Waiting::new();
    let run = execution.run(agent, &mut screen);
    let finished = looking_on(run, || {
        waiting.turn = look();
        if waiting.is_over(*is_held.borrow()) {
            abort.cancel();
        }
    })
    .await?;
    Ok(Seen {
        agent: name,
        turn: waiting.turn,
        ended: waiting.ended,
        how: outcome(&finished),
        shows: screen.shows,
    })
}

/// The instruction as an argument, or where it is: in a file of the agent's home.
pub(super) fn prompt(instructions: &Instructions, home: &Path) -> Result<OsString, Failure> {
    let instructions = instructions.as_str();
    if instructions.len() <= LONGEST_ARGUMENT {
        return Ok(instructions.into());
    }
    let file = home.join("instructions.md");
    fs::write(&file, instructions).map_err(|error| {
        let message = format!("the agent's instructions cannot be written: {error}");
        Failure::new(FailureCode::WorkerFault, message)
    })?;
    let prompt = format!(
        "Your instructions are in the file {}. Read all of it, then do what it says.",
        file.display()
    );
    Ok(prompt.into())
}

/// What is heard of the screen itself.
struct Screen {
    /// Whether somebody holds the agent.
    held: tokio::sync::watch::Sender<bool>,
    shows: String,
}

impl Sinks for Screen {
    fn status(&mut self, status: &Status) {
        self.held
            .send_replace(status.hold.is_some() || status.frozen);
    }

    fn stdout(&mut self, bytes: &[u8]) {
        let text = format!("{}{}", self.shows, String::from_utf8_lossy(bytes));
        self.shows = text::tail(&text, 2000);
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.stdout(bytes);
    }
}

/// Waiting for the end of a turn.
struct Waiting {
    turn: Turn,
    /// Until when its beginning is waited for.
    patience: Instant,
    ended: bool,
}

impl Waiting {
    fn new() -> Self {
        Self {
            turn: Turn::Awaited,
            patience: Instant::now() + BEGINS_WITHIN,
            ended: false,
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
}

impl Seen {
    /// What came of it: once its turn was over, its last words, or why it has none.
    pub(super) fn judge(self, last: Result<Option<&str>, &str>) -> Result<String, Interrupted> {
        let (agent, how) = (self.agent, &self.how);
        let message = match (self.turn, last) {
            (Turn::Over, Ok(last)) => return Ok(last_words(agent, last)),
            (Turn::Over, Err(why)) => format!("{agent} gave up: {}", text::head(why, 2000)),
            (Turn::Running, _) => format!("{agent} {how} in the middle of its turn"),
            (Turn::Awaited, _) => {
                let began = if self.ended {
                    format!("did not begin within {} s", BEGINS_WITHIN.as_secs())
                } else {
                    format!("{how} before it began")
                };
                let shows = in_one_line(&self.shows);
                format!("{agent} {began}; its screen shows: {shows}")
            }
        };
        Err(Failure::new(FailureCode::AgentFailed, message).into())
    }
}

/// What an agent said at last, as a run's summary.
pub(super) fn last_words(agent: &str, last: Option<&str>) -> String {
    last.map_or_else(
        || format!("{agent} ended without a word"),
        |last| text::head(last, 4000),
    )
}

/// The last lines of a screen.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join(" / ");
    text::tail(&line, 500)
}
