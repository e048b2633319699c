//! What an agent printed and when, in one file that is only appended to: entries of a kind
//! (1 byte), milliseconds since the start (8 bytes), a length (4 bytes, both little endian) and as
//! many bytes. Replayed from its start, it gives the same in the same order as it gave live. A
//! reader passes over kinds that it does not know.

mod entry;
mod reader;

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use baton_domain::TerminalName;
use serde::Serialize;

pub use entry::{Ended, Entry, Exit, NotStarted, Started, What};
pub use reader::JournalReader;

const STARTED: u8 = 1;
const STDOUT: u8 = 2;
const STDERR: u8 = 3;
const LOST: u8 = 4;
const NOT_STARTED: u8 = 5;
const ENDED: u8 = 6;
const STEP: u8 = 7;
const PRINTED: u8 = 8;
const SHOWN: u8 = 9;
const MARKED: u8 = 10;
const SIZED: u8 = 11;
const GATE_MOVED: u8 = 12;
const WRITE_ENDED: u8 = 13;
const TYPED: u8 = 14;
const HELD: u8 = 15;
const LET_GO: u8 = 16;
const MESSAGE_DELIVERED: u8 = 17;
const MESSAGE_SEEN: u8 = 18;
const MESSAGE_TAKEN_BACK: u8 = 19;
const HELP_NEEDED: u8 = 20;
const HELP_CLOSED: u8 = 21;
const TURN_ENDED: u8 = 22;
const HEAD: usize = 13;
/// One part in so many of a journal's room is for the operator's shell.
const SHELL_PART: u64 = 4;

/// Appends to a journal.
#[derive(Debug)]
pub(crate) struct JournalWriter {
    file: File,
    written: u64,
    limit: u64,
    /// Output that is not kept and not told yet, in bytes.
    lost: u64,
    /// What is kept of an operator's shell, in bytes.
    shell: u64,
}

impl JournalWriter {
    /// A new journal that keeps at most `limit` bytes; nobody but the user may read it.
    pub(crate) fn create(path: &Path, limit: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options
            .create_new(true)
            .append(true)
            .mode(0o600)
            .open(path)?;
        Ok(Self {
            file,
            written: 0,
            limit,
            lost: 0,
            shell: 0,
        })
    }

    /// How much it holds, in bytes.
    pub(crate) const fn written(&self) -> u64 {
        self.written
    }

    /// Keeps output, as far as there is room for it: the agent is not made to wait.
    pub(crate) fn output(&mut self, at: Duration, kind: Output, bytes: &[u8]) {
        if kind == Output::Terminal(TerminalName::Shell) {
            return self.of_shell(at, bytes);
        }
        let fits = self.written + (HEAD + 1 + bytes.len()) as u64 <= self.limit;
        if self.lost == 0 && fits {
            let kept = match kind {
                Output::Stdout => self.append(STDOUT, at, &[bytes]),
                Output::Stderr => self.append(STDERR, at, &[bytes]),
                Output::Shown => self.append(SHOWN, at, &[bytes]),
                Output::Terminal(name) => self.append(PRINTED, at, &[&[number(name)], bytes]),
            };
            if kept.is_ok() {
                return;
            }
        }
        // Once something is lost, so is the rest: what follows a gap could be misread.
        self.lost += bytes.len() as u64;
    }

    /// Keeps what an operator's shell shows, in a part of the room alone: what the agent says goes
    /// before.
    fn of_shell(&mut self, at: Duration, bytes: &[u8]) {
        let length = (HEAD + 1 + bytes.len()) as u64;
        if self.shell + length > self.limit / SHELL_PART {
            // Once something is lost, so is the rest.
            self.shell = u64::MAX / 2;
        } else if self
            .append(PRINTED, at, &[&[number(TerminalName::Shell)], bytes])
            .is_ok()
        {
            self.shell += length;
        }
    }

    /// Keeps what is no output, whatever the limit.
    pub(crate) fn tell(&mut self, at: Duration, what: &What) -> io::Result<()> {
        match what {
            What::Started(started) => self.write(STARTED, at, started),
            What::NotStarted(why) => self.write(NOT_STARTED, at, why),
            What::Sized(name, size) => self.write(SIZED, at, &(name, size)),
            What::GateMoved(moved) => self.write(GATE_MOVED, at, moved),
            What::WriteEnded(ended) => self.write(WRITE_ENDED, at, ended),
            What::Typed(typed) => self.write(TYPED, at, typed),
            What::Held(told) => self.write(HELD, at, told),
            What::LetGo(told) => self.write(LET_GO, at, told),
            What::MessageDelivered(told) => self.write(MESSAGE_DELIVERED, at, told),
            What::MessageSeen(told) => self.write(MESSAGE_SEEN, at, told),
            What::MessageTakenBack(told) => self.write(MESSAGE_TAKEN_BACK, at, told),
            What::HelpNeeded(told) => self.write(HELP_NEEDED, at, told),
            What::HelpClosed(told) => self.write(HELP_CLOSED, at, told),
            What::TurnEnded(told) => self.write(TURN_ENDED, at, told),
            What::Ended(ended) => {
                if self.lost > 0 {
                    self.append(LOST, at, &[&self.lost.to_le_bytes()])?;
                }
                self.write(ENDED, at, ended)
            }
            What::Step(step) => self.append(STEP, at, &[step.as_str().as_bytes()]),
            What::Marked(label) => self.append(MARKED, at, &[label.as_bytes()]),
            What::Stdout(_)
            | What::Stderr(_)
            | What::Printed(..)
            | What::Shown(_)
            | What::Lost(_)
            | What::Unknown => Ok(()),
        }
    }

    fn write(&mut self, kind: u8, at: Duration, body: &impl Serialize) -> io::Result<()> {
        self.append(kind, at, &[&serde_json::to_vec(body)?])
    }

    fn append(&mut self, kind: u8, at: Duration, parts: &[&[u8]]) -> io::Result<()> {
        let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
        let whole: usize = parts.iter().map(|part| part.len()).sum();
        let length = u32::try_from(whole).map_err(too_long)?;
        let at = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        let mut entry = Vec::with_capacity(HEAD + whole);
        entry.push(kind);
        entry.extend(at.to_le_bytes());
        entry.extend(length.to_le_bytes());
        for part in parts {
            entry.extend_from_slice(part);
        }
        if let Err(error) = self.file.write_all(&entry) {
            // Half an entry would make everything after it unreadable.
            self.file.set_len(self.written)?;
            return Err(error);
        }
        self.written += entry.len() as u64;
        Ok(())
    }
}

/// Where output came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Stdout,
    Stderr,
    Terminal(TerminalName),
    /// Its worker's words, on its terminal.
    Shown,
}

/// A terminal's name in an entry.
const fn number(name: TerminalName) -> u8 {
    match name {
        TerminalName::Agent => 0,
        TerminalName::Shell => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDED_WELL: Ended = Ended {
        exit: Exit::Code(0),
        worked_ms: 7,
        cpu_ms: 3,
    };

    fn all(path: &Path) -> Vec<What> {
        let mut reader = JournalReader::open(path).unwrap();
        std::iter::from_fn(|| reader.next_entry().unwrap())
            .map(|entry| entry.what)
            .collect()
    }

    #[test]
    fn what_was_written_is_read_while_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut writer = JournalWriter::create(&path, 1 << 20).unwrap();
        let mut reader = JournalReader::open(&path).unwrap();
        assert_eq!(reader.next_entry().unwrap(), None);
        let at = Duration::from_millis(1234);
        writer.output(at, Output::Stdout, b"one");
        let entry = reader.next_entry().unwrap().unwrap();
        assert_eq!(
            entry,
            Entry {
                at,
                what: What::Stdout(b"one".to_vec())
            }
        );
        writer.output(at, Output::Stderr, &[7; 600 << 10]);
        writer.tell(at, &What::Ended(ENDED_WELL)).unwrap();
        let rest: Vec<What> = std::iter::from_fn(|| reader.next_entry().unwrap())
            .map(|entry| entry.what)
            .collect();
        assert_eq!(
            rest,
            [What::Stderr(vec![7; 600 << 10]), What::Ended(ENDED_WELL)]
        );
        assert_eq!(all(&path).len(), 3);
    }

    #[test]
    fn what_does_not_fit_is_counted_and_the_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut writer = JournalWriter::create(&path, 41).unwrap();
        writer.output(Duration::ZERO, Output::Stdout, b"kept");
        writer.output(Duration::ZERO, Output::Stdout, &[1; 100]);
        writer.output(Duration::ZERO, Output::Stdout, b"5");
        writer
            .tell(Duration::ZERO, &What::Ended(ENDED_WELL))
            .unwrap();
        let told = all(&path);
        assert_eq!(
            told,
            [
                What::Stdout(b"kept".to_vec()),
                What::Lost(101),
                What::Ended(ENDED_WELL)
            ]
        );
    }

    #[test]
    fn a_shell_that_talks_takes_no_room_from_the_agent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut writer = JournalWriter::create(&path, 1000).unwrap();
        for _ in 0..20 {
            let shell = Output::Terminal(TerminalName::Shell);
            writer.output(Duration::ZERO, shell, &[1; 100]);
        }
        writer.output(Duration::ZERO, Output::Stdout, &[2; 700]);
        let shell = What::Printed(TerminalName::Shell, vec![1; 100]);
        assert_eq!(
            all(&path),
            [shell.clone(), shell, What::Stdout(vec![2; 700])]
        );
    }

    #[test]
    fn an_entry_that_a_crash_has_cut_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut writer = JournalWriter::create(&path, 1 << 20).unwrap();
        writer.output(Duration::ZERO, Output::Stdout, b"whole");
        writer.output(Duration::ZERO, Output::Stdout, b"cut");
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(writer.written() - 1).unwrap();
        assert_eq!(all(&path), [What::Stdout(b"whole".to_vec())]);
    }
}
