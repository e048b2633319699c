//! What an agent printed and when, in one file that is only appended to: entries of a kind
//! (1 byte), milliseconds since the start (8 bytes), a length (4 bytes, both little endian) and as
//! many bytes. Replayed from its start, it gives the same in the same order as it gave live.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::{fd::AsRawFd, unix::fs::OpenOptionsExt},
    path::Path,
    time::Duration,
};

use baton_domain::{EndStep, TerminalName, TerminalSize};
use baton_wire::event::{GateMoved, InputTyped, WriteEnded};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{cgroup::Cgroup, family::Family, mark::Mark, procfs::start_ticks};

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
const HEAD: usize = 13;
/// How much is read at once, in bytes.
const CHUNK: usize = 256 << 10;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// How long after the agent's start.
    pub at: Duration,
    /// What happened.
    pub what: What,
}

/// What a journal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The agent runs; always the first.
    Started(Started),
    /// It printed this on its standard output.
    Stdout(Vec<u8>),
    /// It printed this on its standard error.
    Stderr(Vec<u8>),
    /// A terminal shows this: what programs printed on it, without secrets and without what
    /// could harm a viewer.
    Printed(TerminalName, Vec<u8>),
    /// The agent's terminal shows this since its worker has wished so.
    Shown(Vec<u8>),
    /// A marker in the recording.
    Marked(String),
    /// A terminal has this size from now on.
    Sized(TerminalName, TerminalSize),
    /// Somebody else may type, or nobody.
    GateMoved(GateMoved),
    /// Somebody may type no more.
    WriteEnded(WriteEnded),
    /// Something was typed.
    Typed(InputTyped),
    /// It printed so many bytes that are not kept.
    Lost(u64),
    /// It could not be started; the only entry.
    NotStarted(NotStarted),
    /// A step of ending it was taken.
    Step(EndStep),
    /// It ended; always the last.
    Ended(Ended),
    /// An entry of a later version.
    Unknown,
}

/// A process that cannot be mistaken for a later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// Its id, and its group's.
    pub pid: i32,
    /// When it started, in clock ticks since boot.
    pub start_ticks: u64,
    /// Its control group, where one was allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Cgroup>,
}

impl Started {
    /// Everything that the agent has started, as far as somebody else than its host can know.
    #[must_use]
    pub fn family(&self, mark: Mark) -> Family {
        let ours = start_ticks(self.pid) == Some(self.start_ticks);
        Family {
            group: ours.then_some(self.pid),
            mark: Some(mark),
            root: None,
            cgroup: self.cgroup.clone(),
            never_held: None,
        }
    }
}

/// Why an agent could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotStarted {
    /// Whether there is no such program.
    pub missing: bool,
    /// What the system says.
    pub message: String,
}

/// How an agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// Its exit code or signal.
    pub exit: Exit,
    /// How long it ran, without the time that it was held still, in milliseconds.
    pub worked_ms: u64,
    /// Time that all its processes have spent on processors, in milliseconds.
    pub cpu_ms: u64,
}

/// A program's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exit {
    /// It ended with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// Appends to a journal.
#[derive(Debug)]
pub(crate) struct JournalWriter {
    file: File,
    written: u64,
    limit: u64,
    /// Output that is not kept and not told yet, in bytes.
    lost: u64,
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
        })
    }

    /// How much it holds, in bytes.
    pub(crate) const fn written(&self) -> u64 {
        self.written
    }

    /// Keeps output, as far as there is room for it: the agent is not made to wait.
    pub(crate) fn output(&mut self, at: Duration, kind: Output, bytes: &[u8]) {
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

    /// Keeps what is no output, whatever the limit.
    pub(crate) fn tell(&mut self, at: Duration, what: &What) -> io::Result<()> {
        match what {
            What::Started(started) => self.write(STARTED, at, started),
            What::NotStarted(why) => self.write(NOT_STARTED, at, why),
            What::Sized(name, size) => self.write(SIZED, at, &(name, size)),
            What::GateMoved(moved) => self.write(GATE_MOVED, at, moved),
            What::WriteEnded(ended) => self.write(WRITE_ENDED, at, ended),
            What::Typed(typed) => self.write(TYPED, at, typed),
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

fn terminal(bytes: &[u8]) -> Option<(TerminalName, Vec<u8>)> {
    let (name, rest) = bytes.split_first()?;
    let name = match name {
        0 => TerminalName::Agent,
        1 => TerminalName::Shell,
        _ => return None,
    };
    Some((name, rest.to_vec()))
}

/// Reads a journal that may still grow.
#[derive(Debug)]
pub struct JournalReader {
    file: File,
    unread: Vec<u8>,
    /// Where in `unread` the next entry starts.
    next: usize,
    /// How much was taken out, in bytes.
    taken: u64,
}

impl JournalReader {
    /// The agent's process, as the first entry of a journal tells.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn started(path: &Path) -> io::Result<Option<Started>> {
        let first = Self::open(path)?.next_entry()?;
        Ok(first.and_then(|entry| match entry.what {
            What::Started(started) => Some(started),
            _ => None,
        }))
    }

    /// Reads from the start.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            unread: Vec::new(),
            next: 0,
            taken: 0,
        })
    }

    /// How much was read, in bytes.
    pub(crate) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether the agent's end is in the file.
    pub(crate) fn is_complete(&self) -> bool {
        let Ok(mut reader) = self.anew() else {
            return false;
        };
        while let Ok(Some(entry)) = reader.next_entry() {
            if matches!(entry.what, What::Ended(_) | What::NotStarted(_)) {
                return true;
            }
        }
        false
    }

    /// Another reader of the same file, from the start.
    fn anew(&self) -> io::Result<Self> {
        let fd = self.file.as_raw_fd();
        Self::open(Path::new(&format!("/proc/self/fd/{fd}")))
    }

    /// The next entry; none when there is no whole one yet.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        loop {
            if let Some((entry, length)) = parse(&self.unread[self.next..]) {
                self.next += length;
                self.taken += length as u64;
                return Ok(Some(entry));
            }
            if !self.read_on()? {
                return Ok(None);
            }
        }
    }

    /// Whether there was more to read.
    fn read_on(&mut self) -> io::Result<bool> {
        self.unread.drain(..self.next);
        self.next = 0;
        let before = self.unread.len();
        self.unread.resize(before + CHUNK, 0);
        let read = self.file.read(&mut self.unread[before..]);
        self.unread
            .truncate(before + read.as_ref().map_or(0, |n| *n));
        Ok(read? > 0)
    }
}

/// The first entry of some bytes and its whole length.
fn parse(bytes: &[u8]) -> Option<(Entry, usize)> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let at = u64::from_le_bytes(*head[1..].first_chunk()?);
    let length = u32::from_le_bytes(*head[9..].first_chunk()?);
    let body = rest.get(..usize::try_from(length).ok()?)?;
    let what = what(head[0], body);
    let entry = Entry {
        at: Duration::from_millis(at),
        what: what.unwrap_or(What::Unknown),
    };
    Some((entry, HEAD + body.len()))
}

fn what(kind: u8, body: &[u8]) -> Option<What> {
    match kind {
        STARTED => read(body).map(What::Started),
        STDOUT => Some(What::Stdout(body.to_vec())),
        STDERR => Some(What::Stderr(body.to_vec())),
        SHOWN => Some(What::Shown(body.to_vec())),
        MARKED => String::from_utf8(body.to_vec()).ok().map(What::Marked),
        PRINTED => terminal(body).map(|(name, bytes)| What::Printed(name, bytes)),
        SIZED => read(body).map(|(name, size)| What::Sized(name, size)),
        GATE_MOVED => read(body).map(What::GateMoved),
        WRITE_ENDED => read(body).map(What::WriteEnded),
        TYPED => read(body).map(What::Typed),
        LOST => body
            .first_chunk()
            .map(|n| What::Lost(u64::from_le_bytes(*n))),
        NOT_STARTED => read(body).map(What::NotStarted),
        ENDED => read(body).map(What::Ended),
        STEP => std::str::from_utf8(body)
            .ok()
            .and_then(|step| step.parse().ok())
            .map(What::Step),
        _ => None,
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
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
