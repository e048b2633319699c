//! Listening to `codex exec --json`: raw lines into a file, what they mean to whoever tells it.

use std::{fs::File, io::Write, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    codex_lines,
    codex_teller::{Heard, Teller},
};
use crate::{process::Sinks, text};

/// The longest line that is taken. A command's whole output is in one line.
const LONGEST_LINE: usize = 8 << 20;
/// After this many lines that are none, there is no use in waiting.
const MOST_BAD_LINES: usize = 100;

/// What was heard.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Whether any line was one of Codex's.
    pub(super) understood: bool,
    pub(super) heard: Heard,
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
    teller: Teller,
    raw: Bounded,
    stderr: Bounded,
    line: Vec<u8>,
    bad_lines: usize,
    hopeless: CancellationToken,
    verdict: Verdict,
}

/// A file that stops growing.
#[derive(Debug)]
struct Bounded(File, u64);

impl CodexReader {
    pub(super) fn new(teller: Teller, raw: File, stderr: File, limit: u64) -> Self {
        Self {
            teller,
            raw: Bounded(raw, limit),
            stderr: Bounded(stderr, limit),
            line: Vec::new(),
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
        self.teller.log.flush();
        self.verdict.heard = self.teller.heard;
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
                self.teller.tell(line);
            }
            Err(_) => self.heard_garbage(line),
        }
    }

    fn heard_garbage(&mut self, line: &str) {
        let line = text::head(line, 300);
        self.teller.log.write(&format!("{line}\n"));
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
}

impl Sinks for CodexReader {
    fn at(&mut self, since_start: Duration) {
        self.teller.now = since_start;
    }

    fn lost(&mut self, bytes: u64) {
        self.teller.warning(format!(
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
