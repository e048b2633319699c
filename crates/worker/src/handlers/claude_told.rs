//! What Claude Code tells, whether it prints it or writes it into its session's file: events for the
//! broker, and readable text for the log.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use baton_wire::Event;

use super::{
    claude_lines::{self, Ending, Fact, Tokens, Tool},
    execute::millis,
    reader::Tells,
    warnings::Warnings,
};
use crate::{log_file::LogFile, report::Reporter, text};

const LONGEST_COMMAND: usize = 4000;
const LONGEST_MESSAGE: usize = 20_000;
const LONGEST_PATH: usize = 500;
/// How the answer of a command begins that did not end with exit code 0.
const EXIT_CODE: &str = "Exit code ";
/// What the model is told instead of nothing.
const NO_OUTPUT: &str = "(Bash completed with no output)";

/// What was told so far, passed on as it comes.
#[derive(Debug)]
pub(super) struct Told {
    reporter: Reporter,
    log: LogFile,
    repo: PathBuf,
    /// Tools that are used now.
    running: HashMap<String, Running>,
    /// The model's last answer, which may come in several lines.
    asked: String,
    /// What was counted for all answers so far.
    counted: Tokens,
    turns: u64,
    /// How long it had run when it said what is heard now.
    now: Duration,
    warnings: Warnings,
    last_words: Option<String>,
    /// Why the model did not answer at last.
    failure: Option<String>,
    ending: Option<Ending>,
}

/// A tool in use.
#[derive(Debug)]
struct Running {
    tool: Tool,
    began: Duration,
}

impl Told {
    pub(super) fn new(reporter: Reporter, log: LogFile, repo: PathBuf) -> Self {
        Self {
            reporter,
            log,
            repo,
            running: HashMap::new(),
            asked: String::new(),
            counted: Tokens::default(),
            turns: 0,
            now: Duration::ZERO,
            warnings: Warnings::default(),
            last_words: None,
            failure: None,
            ending: None,
        }
    }

    /// How its work ended, if it told.
    pub(super) const fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// The last that it said itself.
    pub(super) fn last_words(&self) -> Option<&str> {
        self.last_words.as_deref()
    }

    /// Why it has no answer, if it has none.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The last warning.
    pub(super) fn warning(&self) -> Option<&str> {
        self.warnings.last.as_deref()
    }

    pub(super) fn hear(&mut self, fact: Fact) {
        match fact {
            Fact::Model(model) => self.show(&format!("model: {model}\n\n")),
            Fact::Said { id, text, helper } => self.said(id, text, helper),
            Fact::Used { id, tool } => self.used(id, tool),
            Fact::Answered { id, failed, text } => self.answered(id, failed, &text),
            Fact::Asked { id, tokens } => self.asked(id, &tokens),
            Fact::Retried(message) => self.warn(message),
            Fact::GaveUp(why) => {
                self.warn(why.clone());
                self.failure = Some(why);
            }
            Fact::TurnEnded | Fact::TurnStopped => self.flush(),
            Fact::Spent(dollars) => self.spent(dollars),
            Fact::Ended(ending) => self.ended(*ending),
        }
    }

    fn said(&mut self, step_id: String, said: String, helper: bool) {
        self.show(&format!("{}\n\n", said.trim_end()));
        let text = text::head(&said, LONGEST_MESSAGE);
        self.reporter.say(Event::AgentMessage { step_id, text });
        if !helper {
            self.last_words = Some(said);
        }
    }

    fn used(&mut self, id: String, tool: Tool) {
        match &tool {
            Tool::Command(command) => {
                self.show(&format!("$ {command}\n"));
                self.reporter.say(Event::CommandStarted {
                    step_id: id.clone(),
                    command: text::head(command, LONGEST_COMMAND),
                });
            }
            Tool::Change(_) => {}
            Tool::Other(about) => self.show(&format!("{}\n\n", text::head(about, LONGEST_PATH))),
        }
        let began = self.now;
        self.running.insert(id, Running { tool, began });
    }

    fn answered(&mut self, id: String, failed: bool, answer: &str) {
        let Some(Running { tool, began }) = self.running.remove(&id) else {
            return;
        };
        match tool {
            Tool::Command(command) => {
                let took = self.now.saturating_sub(began);
                self.command_finished(id, &command, failed, answer, took);
            }
            Tool::Change(path) if failed => {
                self.show(&format!("cannot change {path}: {}\n\n", answer.trim_end()));
            }
            Tool::Change(path) => self.file_changed(id, &path),
            Tool::Other(about) if failed => {
                let answer = text::head(answer.trim_end(), LONGEST_COMMAND);
                self.show(&format!("{about} failed: {answer}\n\n"));
            }
            Tool::Other(_) => {}
        }
    }

    fn command_finished(
        &self,
        step_id: String,
        command: &str,
        failed: bool,
        answer: &str,
        took: Duration,
    ) {
        let (exit_code, output) = outcome(failed, answer);
        let code = exit_code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
        let gap = if output.is_empty() || output.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        self.show(&format!("{output}{gap}[exit {code}]\n\n"));
        self.log.flush();
        self.reporter.say(Event::CommandFinished {
            step_id,
            command: text::head(command, LONGEST_COMMAND),
            exit_code,
            duration_ms: millis(took),
            output_tail: text::tail(output, LONGEST_COMMAND),
        });
    }

    fn file_changed(&self, step_id: String, path: &str) {
        let prefix = format!("{}/", self.repo.display());
        let path = path.strip_prefix(&prefix).unwrap_or(path);
        self.show(&format!("changed {path}\n\n"));
        let paths = vec![text::head(path, LONGEST_PATH)];
        self.reporter.say(Event::FilesChanged { step_id, paths });
    }

    /// The lines of one answer repeat what it cost. What it has written is known at the end alone.
    fn asked(&mut self, id: String, tokens: &Tokens) {
        if self.asked == id {
            return;
        }
        self.asked = id;
        self.failure = None;
        self.turns += 1;
        self.counted = self.counted.plus(tokens);
        self.say_usage(tokens, self.turns, None);
    }

    fn ended(&mut self, ending: Ending) {
        // Of a turn that was never answered there is nothing to count.
        if ending.tokens != Tokens::default() || ending.dollars > 0.0 {
            let rest = ending.tokens.without(&self.counted);
            self.counted = self.counted.plus(&rest);
            let turns = ending.turns.max(self.turns);
            self.say_usage(&rest, turns, cents(ending.dollars));
        }
        self.ending = Some(ending);
    }

    fn spent(&self, dollars: f64) {
        if let Some(cents) = cents(dollars).filter(|cents| *cents > 0) {
            self.say_usage(&Tokens::default(), self.turns, Some(cents));
        }
    }

    fn say_usage(&self, tokens: &Tokens, turns: u64, spent_cents: Option<u64>) {
        self.reporter.say(Event::Usage {
            input_tokens: tokens.read(),
            cached_input_tokens: tokens.cached(),
            output_tokens: tokens.output_tokens,
            spent_cents,
            turns: Some(turns),
        });
    }
}

impl Tells for Told {
    const AGENT: &'static str = "claude";

    fn hear_line(&mut self, line: &str) -> bool {
        let facts = claude_lines::parse(line);
        let hear = |facts: Vec<Fact>| facts.into_iter().for_each(|fact| self.hear(fact));
        facts.map(hear).is_ok()
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
        self.warnings.tell(message, &self.log, &self.reporter);
    }
}

/// Exit code and output of a command by its answer.
fn outcome(failed: bool, answer: &str) -> (Option<i32>, &str) {
    if !failed {
        let said = Some(answer).filter(|answer| *answer != NO_OUTPUT);
        return (Some(0), said.unwrap_or_default());
    }
    let coded = answer.strip_prefix(EXIT_CODE).map(|rest| {
        let (code, output) = rest.split_once('\n').unwrap_or((rest, ""));
        (code.trim().parse().ok(), output)
    });
    match coded {
        Some((Some(code), output)) => (Some(code), output),
        _ => (None, answer),
    }
}

/// Whole cents, what was begun counted as one.
fn cents(dollars: f64) -> Option<u64> {
    let cents = (dollars * 100.0).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    (cents.is_finite() && (0.0..1e15).contains(&cents)).then_some(cents as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_failed_tells_its_exit_code_first() {
        assert_eq!(
            outcome(false, "Exit code 3\nx"),
            (Some(0), "Exit code 3\nx")
        );
        assert_eq!(outcome(false, NO_OUTPUT), (Some(0), ""));
        assert_eq!(outcome(true, "Exit code 3\nout"), (Some(3), "out"));
        assert_eq!(outcome(true, "Exit code 3"), (Some(3), ""));
        assert_eq!(outcome(true, "refused"), (None, "refused"));
    }

    #[test]
    fn a_cent_that_was_begun_counts() {
        assert_eq!(cents(0.0), Some(0));
        assert_eq!(cents(0.0129), Some(2));
        assert_eq!(cents(1.0), Some(100));
        assert_eq!(cents(f64::NAN), None);
        assert_eq!(cents(-1.0), None);
    }
}
