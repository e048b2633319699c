//! Listening to an agent that prints lines: the raw ones into files, what they mean to whoever tells it.

use std::{io, time::Duration};

use baton_domain::{Failure, FailureCode};
use baton_terminal::Exit;
use tokio_util::sync::CancellationToken;

use super::{bounded_file::BoundedFile, execution::Execution};
use crate::{
    process::{Finished, Sinks},
    text,
};

/// The longest line that is taken. What a command or a tool has printed is in one line.
const LONGEST_LINE: usize = 8 << 20;
/// After this many lines that are none, there is no use in waiting.
const MOST_BAD_LINES: usize = 100;

/// Tells what an agent's lines mean.
pub(super) trait Tells {
    /// The agent's name.
    const AGENT: &'static str;
    /// Hears a line; whether it was one of the agent's.
    fn hear_line(&mut self, line: &str) -> bool;
    /// When it says what is heard next.
    fn at(&mut self, since_start: Duration);
    /// Shows a text to whoever watches.
    fn show(&self, text: &str);
    /// Shows all that was written so far.
    fn flush(&self);
    /// Tells people of something that is not as it should be.
    fn warn(&mut self, message: String);
}

/// What was heard.
#[derive(Debug)]
pub(super) struct Verdict<T> {
    /// Whether any line was one of the agent's.
    understood: bool,
    /// The first line that was none, cut.
    pub(super) bad_line: Option<String>,
    /// Whether there was too much that was none.
    hopeless: bool,
    /// The last that it printed on standard error.
    pub(super) stderr: String,
    /// What its lines told.
    pub(super) told: T,
}

/// Listens to one agent.
#[derive(Debug)]
pub(super) struct Reader<T> {
    lines: BoundedFile,
    stderr: BoundedFile,
    line: Vec<u8>,
    bad_lines: usize,
    give_up: CancellationToken,
    verdict: Verdict<T>,
}

impl<T: Tells> Reader<T> {
    /// Keeps what is printed as `logs/<agent>.jsonl` and `logs/<agent>.stderr.log`.
    pub(super) fn open(execution: &Execution<'_>, told: T) -> Result<Self, Failure> {
        let limit = execution.options.limits.log_bytes;
        let file = |kind: &str| -> io::Result<BoundedFile> {
            let name = format!("logs/{}.{kind}", T::AGENT);
            BoundedFile::create(&execution.record(&name), limit)
        };
        let failed = |error: io::Error| {
            let message = format!("the agent's log cannot be written: {error}");
            Failure::new(FailureCode::WorkerFault, message)
        };
        Ok(Self {
            lines: file("jsonl").map_err(failed)?,
            stderr: file("stderr.log").map_err(failed)?,
            line: Vec::new(),
            bad_lines: 0,
            give_up: CancellationToken::new(),
            verdict: Verdict {
                understood: false,
                bad_line: None,
                hopeless: false,
                stderr: String::new(),
                told,
            },
        })
    }

    /// Cancelled when too much was printed that is no line of the agent's.
    pub(super) fn hopeless(&self) -> CancellationToken {
        self.give_up.clone()
    }

    /// What was heard in all.
    pub(super) fn finish(mut self) -> Verdict<T> {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.verdict.told.flush();
        self.verdict
    }

    fn end_line(&mut self) {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        if self.verdict.told.hear_line(line) {
            self.verdict.understood = true;
        } else {
            self.heard_garbage(line);
        }
    }

    fn heard_garbage(&mut self, line: &str) {
        let line = text::head(line, 300);
        self.verdict.told.show(&format!("{line}\n"));
        self.verdict.bad_line.get_or_insert(line);
        self.bad_lines += 1;
        if self.bad_lines > MOST_BAD_LINES {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.verdict.hopeless = true;
        self.give_up.cancel();
    }
}

impl<T: Tells> Sinks for Reader<T> {
    fn at(&mut self, since_start: Duration) {
        self.verdict.told.at(since_start);
    }

    fn lost(&mut self, bytes: u64) {
        self.verdict.told.warn(format!(
            "{bytes} bytes of what {} printed were not kept: there was too much of it",
            T::AGENT
        ));
    }

    fn stdout(&mut self, bytes: &[u8]) {
        if self.verdict.hopeless {
            // What comes before it has ended is of no use.
            return;
        }
        self.lines.write(bytes);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + piece.len() > LONGEST_LINE {
                let line = String::from_utf8_lossy(&self.line).into_owned();
                self.line.clear();
                self.heard_garbage(&line);
                return self.give_up();
            }
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.stderr.write(bytes);
        let text = format!("{}{}", self.verdict.stderr, String::from_utf8_lossy(bytes));
        self.verdict.stderr = text::tail(&text, 1000);
    }
}

impl<T: Tells> Verdict<T> {
    /// The failure of a program that speaks otherwise than the agent.
    pub(super) fn garbled(&self, finished: &Finished) -> Option<Failure> {
        let line = self.bad_line.as_deref().unwrap_or_default();
        let garbled = self.hopeless || (!self.understood && self.bad_line.is_some());
        let message = format!(
            "{} {}, and printed something other than its JSON lines (is this another program, or another version?): {line}",
            T::AGENT,
            outcome(finished)
        );
        garbled.then(|| Failure::new(FailureCode::AgentGarbled, message))
    }

    /// The failure of an agent that ended well, but gave no answer.
    pub(super) fn unanswered(&self, reason: &str) -> Failure {
        match &self.bad_line {
            Some(line) => Failure::new(
                FailureCode::AgentGarbled,
                format!(
                    "{} ended in the middle of its turn, after this line: {line}",
                    T::AGENT
                ),
            ),
            None => Self::failure(FailureCode::AgentFailed, "ended without an answer", reason),
        }
    }

    /// A failure with how the agent ended and its reason, if there is one.
    pub(super) fn failure(code: FailureCode, how: &str, reason: &str) -> Failure {
        let agent = T::AGENT;
        let message = match reason.trim() {
            "" => format!("{agent} {how} without a reason: see logs/{agent}.stderr.log"),
            reason => format!("{agent} {how}: {}", text::head(reason, 2000)),
        };
        Failure::new(code, message)
    }
}

/// How a program ended, in words.
pub(super) fn outcome(finished: &Finished) -> String {
    match finished.exit {
        Exit::Code(code) => format!("ended with exit code {code}"),
        Exit::Signal(signal) => format!("was killed by signal {signal}"),
    }
}
