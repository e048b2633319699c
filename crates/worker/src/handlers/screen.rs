//! An agent with its own screen in the run's terminal. What it does is known from its own record, and
//! so is the end of its turn: then it is ended, unless somebody holds it.

mod turn;

use std::{ffi::OsString, fs, path::Path};

use baton_domain::{Failure, FailureCode, spec::Instructions};
use baton_terminal::Status;
use tokio::{sync::watch, time::Instant};

pub(super) use self::turn::Turn;
use self::turn::{BEGINS_WITHIN, Now, Step, Waiting};
use super::{
    execution::{Agent, Execution},
    growing::looking_on,
    reader::outcome,
};
use crate::{control::Input, process::Sinks, stop::Interrupted, text};

/// The longest instruction that is an argument, in bytes; the kernel takes 128 KiB.
const LONGEST_ARGUMENT: usize = 100_000;

/// Why a turn has no last words that somebody has stopped.
pub(super) const STOPPED: &str = "its turn was stopped in the terminal";
/// What is typed to an agent that waits for its user, so that it is handed what waits for it.
const WAKE: &str = "Read what an operator has to say to you, then go on.";

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

/// Runs an agent until its turn is over. `look` hears what is new and says what that tells of its
/// turn.
pub(super) async fn run(
    execution: &Execution<'_>,
    (name, agent): (&'static str, Agent<'_>),
    mut look: impl FnMut() -> Option<Turn>,
) -> Result<Seen, Interrupted> {
    let abort = agent.abort.clone();
    let (status, is) = watch::channel(None);
    let mut screen = Screen {
        status,
        shows: String::new(),
    };
    let mut waiting = Waiting::new(Instant::now());
    let mut told = None;
    let run = execution.run(agent, &mut screen);
    let finished = looking_on(run, || {
        let Some(now) = *is.borrow() else {
            return;
        };
        let step = waiting.step(look(), now, Instant::now());
        let over = waiting.turn_over();
        if told != Some(over) {
            told = Some(over);
            execution.helm.tell(Input::TurnOver(over));
        }
        match step {
            Step::Wait => {}
            Step::Wake => execution.helm.wake(WAKE),
            Step::End => abort.cancel(),
        }
    })
    .await?;
    // What it wrote at its end, and what an adopted one wrote before.
    waiting.turn = look().unwrap_or(waiting.turn);
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
    status: watch::Sender<Option<Now>>,
    shows: String,
}

impl Sinks for Screen {
    fn status(&mut self, status: &Status) {
        self.status.send_replace(Some(Now {
            held: status.hold.is_some() || status.frozen,
            pending: status.pending,
            prompts: status.prompts,
            between: status.between_turns,
        }));
    }

    fn stdout(&mut self, bytes: &[u8]) {
        let text = format!("{}{}", self.shows, String::from_utf8_lossy(bytes));
        self.shows = text::tail(&text, 2000);
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.stdout(bytes);
    }
}

impl Seen {
    /// What came of it: once its turn was over, its last words, or why it has none.
    pub(super) fn judge(self, last: Result<Option<&str>, &str>) -> Result<String, Interrupted> {
        let (agent, how) = (self.agent, &self.how);
        let message = match (self.turn, last) {
            (Turn::Over | Turn::Stopped, Ok(last)) => return Ok(last_words(agent, last)),
            (Turn::Over | Turn::Stopped, Err(why)) => {
                format!("{agent} gave up: {}", text::head(why, 2000))
            }
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
