//! Listening to Codex: raw lines into a file, events to the broker, readable text into the log.

use std::{collections::HashMap, fs::File, io::Write, path::PathBuf, time::Duration};

use baton_wire::Event;
use tokio_util::sync::CancellationToken;

use super::{
    codex_lines::{self, CodexLine},
    execute::millis,
};
use crate::{log_file::LogFile, process::Sinks, report::Reporter, text};

/// The longest line that is taken. A command's whole output is in one line.
const LONGEST_LINE: usize = 8 << 20;
/// After this many lines that are none, there is no use in waiting.
const MOST_BAD_LINES: usize = 100;
const LONGEST_COMMAND: usize = 4000;
const LONGEST_MESSAGE: usize = 20_000;
const MOST_PATHS: usize = 200;
const LONGEST_PATH: usize = 500;
/// The most warnings that become events; the raw lines have all.
const MOST_WARNINGS: usize = 100;

/// What was heard.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Whether any line was one of Codex's.
    pub(super) understood: bool,
    pub(super) turn_completed: bool,
    pub(super) turn_failed: bool,
    pub(super) last_message: Option<String>,
    /// Why the turn failed.
    pub(super) failure: Option<String>,
    /// The last warning.
    pub(super) warning: Option<String>,
    /// The first line that was none, cut.
    pub(super) bad_line: Option<String>,
    /// Whether there was too much that was none.
    pub(super) hopeless: bool,
    /// The last that it printed on standard error.
    pub(super) stderr: String,
}

/// Listens to one Codex.
#[derive(Debug)]
pub(super) struct CodexReader {
    reporter: Reporter,
    log: LogFile,
    repo: PathBuf,
    raw: Bounded,
    stderr: Bounded,
    line: Vec<u8>,
    running: HashMap<String, Duration>,
    /// How long codex had run when it said what is read now.
    now: Duration,
    warnings: usize,
    bad_lines: usize,
    hopeless: CancellationToken,
    verdict: Verdict,
}

/// A file that stops growing.
#[derive(Debug)]
struct Bounded(File, u64);

impl CodexReader {
    pub(super) fn new(
        reporter: Reporter,
        log: LogFile,
        repo: PathBuf,
        raw: File,
        stderr: File,
        limit: u64,
    ) -> Self {
        Self {
            reporter,
            log,
            repo,
            raw: Bounded(raw, limit),
            stderr: Bounded(stderr, limit),
            line: Vec::new(),
            running: HashMap::new(),
            now: Duration::ZERO,
            warnings: 0,
            bad_lines: 0,
            hopeless: CancellationToken::new(),
            verdict: Verdict::default(),
        }
    }

    /// Cancelled when too much was printed that is no line of Codex's.
    pub(super) fn hopeless(&self) -> CancellationToken {
        self.hopeless.clone()
    }

    /// What was heard in all.
    pub(super) fn finish(mut self) -> Verdict {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.log.flush();
        self.verdict
    }

    fn end_line(&mut self) {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        match codex_lines::parse(line) {
            Ok(line) => {
                self.verdict.understood = true;
                self.heard(line);
            }
            Err(_) => self.heard_garbage(line),
        }
    }

    fn heard_garbage(&mut self, line: &str) {
        let line = text::head(line, 300);
        self.log.write(&format!("{line}\n"));
        self.verdict.bad_line.get_or_insert(line);
        self.bad_lines += 1;
        if self.bad_lines > MOST_BAD_LINES {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.verdict.hopeless = true;
        self.hopeless.cancel();
    }

    fn heard(&mut self, line: CodexLine) {
        match line {
            CodexLine::CommandStarted { id, command } => self.command_started(id, &command),
            CodexLine::CommandFinished {
                id,
                command,
                exit_code,
                output,
            } => self.command_finished(id, &command, exit_code, &output),
            CodexLine::Message { id, text } => {
                self.log.write(&format!("{}\n\n", text.trim_end()));
                self.verdict.last_message = Some(text.clone());
                let text = text::head(&text, LONGEST_MESSAGE);
                self.reporter.say(Event::AgentMessage { step_id: id, text });
            }
            CodexLine::FilesChanged { id, changes } => self.files_changed(id, changes),
            CodexLine::TurnCompleted {
                input,
                cached,
                output,
            } => {
                self.verdict.turn_completed = true;
                self.reporter.say(Event::Usage {
                    input_tokens: input,
                    cached_input_tokens: cached,
                    output_tokens: output,
                    spent_cents: None,
                    turns: None,
                });
            }
            CodexLine::TurnFailed(why) => {
                self.log.write(&format!("failed: {why}\n"));
                self.verdict.turn_failed = true;
                self.verdict.failure = Some(why);
            }
            CodexLine::Warning(message) => self.warning(message),
            CodexLine::Other => {}
        }
    }

    fn command_started(&mut self, id: String, command: &str) {
        self.log.write(&format!("$ {command}\n"));
        self.running.insert(id.clone(), self.now);
        self.reporter.say(Event::CommandStarted {
            step_id: id,
            command: text::head(command, LONGEST_COMMAND),
        });
    }

    fn command_finished(
        &mut self,
        id: String,
        command: &str,
        exit_code: Option<i32>,
        output: &str,
    ) {
        let took = self
            .running
            .remove(&id)
            .map_or(0, |began| millis(self.now.saturating_sub(began)));
        let code = exit_code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
        let gap = if output.is_empty() || output.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        self.log.write(&format!("{output}{gap}[exit {code}]\n\n"));
        self.log.flush();
        self.reporter.say(Event::CommandFinished {
            step_id: id,
            command: text::head(command, LONGEST_COMMAND),
            exit_code,
            duration_ms: took,
            output_tail: text::tail(output, LONGEST_COMMAND),
        });
    }

    fn files_changed(&mut self, id: String, changes: Vec<(String, String)>) {
        let prefix = format!("{}/", self.repo.display());
        let mut paths = Vec::new();
        for (kind, path) in changes {
            let path = path.strip_prefix(&prefix).unwrap_or(&path);
            self.log.write(&format!("{kind} {path}\n"));
            if paths.len() < MOST_PATHS {
                paths.push(text::head(path, LONGEST_PATH));
            }
        }
        self.log.write("\n");
        self.reporter
            .say(Event::FilesChanged { step_id: id, paths });
    }

    fn warning(&mut self, message: String) {
        self.log.write(&format!("warning: {message}\n"));
        self.warnings += 1;
        if self.warnings <= MOST_WARNINGS {
            let message = text::head(&message, LONGEST_COMMAND);
            self.reporter.say(Event::Warning { message });
        }
        self.verdict.warning = Some(message);
    }
}

impl Sinks for CodexReader {
    fn at(&mut self, since_start: Duration) {
        self.now = since_start;
    }

    fn lost(&mut self, bytes: u64) {
        self.warning(format!(
            "{bytes} bytes of what codex printed were not kept: there was too much of it"
        ));
    }

    fn stdout(&mut self, bytes: &[u8]) {
        if self.verdict.hopeless {
            // What comes before it has ended is of no use.
            return;
        }
        self.raw.write(bytes);
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

impl Bounded {
    fn write(&mut self, bytes: &[u8]) {
        let room = usize::try_from(self.1).unwrap_or(usize::MAX);
        let piece = &bytes[..bytes.len().min(room)];
        self.1 -= piece.len() as u64;
        // A full disk shows in the worker's own files, which matter more than this one.
        let _ = self.0.write_all(piece);
    }
}
