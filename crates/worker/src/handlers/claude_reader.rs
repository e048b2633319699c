//! Listening to Claude Code: raw lines into a file, events to the broker, readable text into the log.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{bounded_file::BoundedFile, claude_lines, claude_told::Told};
use crate::{process::Sinks, text};

/// The longest line that is taken. What a tool has answered is in one line.
const LONGEST_LINE: usize = 8 << 20;
/// After this many lines that are none, there is no use in waiting.
const MOST_BAD_LINES: usize = 100;

/// What was heard.
#[derive(Debug)]
pub(super) struct Verdict {
    /// Whether any line was one of Claude Code's.
    pub(super) understood: bool,
    /// The first line that was none, cut.
    pub(super) bad_line: Option<String>,
    /// Whether there was too much that was none.
    pub(super) hopeless: bool,
    /// The last that it printed on standard error.
    pub(super) stderr: String,
    /// What its lines told.
    pub(super) told: Told,
}

/// The files that keep what it printed.
#[derive(Debug)]
pub(super) struct RawFiles {
    pub(super) lines: BoundedFile,
    pub(super) stderr: BoundedFile,
}

/// Listens to one Claude Code.
#[derive(Debug)]
pub(super) struct ClaudeReader {
    files: RawFiles,
    line: Vec<u8>,
    bad_lines: usize,
    give_up: CancellationToken,
    verdict: Verdict,
}

impl ClaudeReader {
    pub(super) fn new(files: RawFiles, told: Told) -> Self {
        Self {
            files,
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
        }
    }

    /// Cancelled when too much was printed that is no line of Claude Code's.
    pub(super) fn hopeless(&self) -> CancellationToken {
        self.give_up.clone()
    }

    /// What was heard in all.
    pub(super) fn finish(mut self) -> Verdict {
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
        match claude_lines::parse(line) {
            Ok(facts) => {
                self.verdict.understood = true;
                for fact in facts {
                    self.verdict.told.hear(fact);
                }
            }
            Err(_) => self.heard_garbage(line),
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

impl Sinks for ClaudeReader {
    fn at(&mut self, since_start: Duration) {
        self.verdict.told.at(since_start);
    }

    fn lost(&mut self, bytes: u64) {
        self.verdict.told.warn(format!(
            "{bytes} bytes of what claude printed were not kept: there was too much of it"
        ));
    }

    fn stdout(&mut self, bytes: &[u8]) {
        if self.verdict.hopeless {
            // What comes before it has ended is of no use.
            return;
        }
        self.files.lines.write(bytes);
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
        self.files.stderr.write(bytes);
        let text = format!("{}{}", self.verdict.stderr, String::from_utf8_lossy(bytes));
        self.verdict.stderr = text::tail(&text, 1000);
    }
}
