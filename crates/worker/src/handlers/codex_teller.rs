//! Telling what Codex does, whichever way it was heard: events to the broker, readable text into the
//! log.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use baton_wire::Event;

use super::{
    codex_lines::{self, CodexLine},
    execute::millis,
    reader::Tells,
    warnings::Warnings,
};
use crate::{log_file::LogFile, report::Reporter, text};

const LONGEST_COMMAND: usize = 4000;
const LONGEST_MESSAGE: usize = 20_000;
const MOST_PATHS: usize = 200;
const LONGEST_PATH: usize = 500;

/// What was heard of the agent's work.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) turn_completed: bool,
    pub(super) turn_failed: bool,
    pub(super) last_message: Option<String>,
    /// Why the turn failed.
    pub(super) failure: Option<String>,
    pub(super) warnings: Warnings,
    /// The tokens of the whole turn, as the agent counted them at its end.
    pub(super) tokens: Tokens,
}

/// Tokens, as the agent counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) input: u64,
    pub(super) cached: u64,
    pub(super) output: u64,
}

/// Tells of one Codex.
#[derive(Debug)]
pub(super) struct Teller {
    reporter: Reporter,
    log: LogFile,
    repo: PathBuf,
    running: HashMap<String, Duration>,
    /// How long codex had run when it said what is told now.
    now: Duration,
    pub(super) heard: Heard,
}

impl Teller {
    pub(super) fn new(reporter: Reporter, log: LogFile, repo: PathBuf) -> Self {
        Self {
            reporter,
            log,
            repo,
            running: HashMap::new(),
            now: Duration::ZERO,
            heard: Heard::default(),
        }
    }

    pub(super) fn tell(&mut self, line: CodexLine) {
        match line {
            CodexLine::CommandStarted { id, command } => self.command_started(id, &command),
            CodexLine::CommandFinished {
                id,
                command,
                exit_code,
                output,
                took,
            } => self.command_finished(id, &command, exit_code, (&output, took)),
            CodexLine::Message { id, text } => {
                self.log.write(&format!("{}\n\n", text.trim_end()));
                self.heard.last_message = Some(text.clone());
                let text = text::head(&text, LONGEST_MESSAGE);
                self.reporter.say(Event::AgentMessage { step_id: id, text });
            }
            CodexLine::FilesChanged { id, changes } => self.files_changed(id, changes),
            CodexLine::TurnCompleted {
                input,
                cached,
                output,
            } => {
                self.heard.turn_completed = true;
                self.heard.tokens = Tokens {
                    input,
                    cached,
                    output,
                };
            }
            CodexLine::TurnFailed(why) => {
                self.log.write(&format!("failed: {why}\n"));
                self.heard.turn_failed = true;
                self.heard.failure = Some(why);
            }
            CodexLine::Warning(message) => self.warn(message),
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
        (output, took): (&str, Option<u64>),
    ) {
        let began = self.running.remove(&id);
        let seen = began.map_or(0, |began| millis(self.now.saturating_sub(began)));
        let took = took.unwrap_or(seen);
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
}

impl Tells for Teller {
    const AGENT: &'static str = "codex";

    fn hear_line(&mut self, line: &str) -> bool {
        let line = codex_lines::parse(line);
        line.map(|line| self.tell(line)).is_ok()
    }

    fn at(&mut self, since_start: Duration) {
        self.now = since_start;
    }

    fn show(&self, text: &str) {
        self.log.write(text);
    }

    fn flush(&self) {
        self.log.flush();
    }

    fn warn(&mut self, message: String) {
        let warnings = &mut self.heard.warnings;
        warnings.tell(message, &self.log, &self.reporter);
    }
}
