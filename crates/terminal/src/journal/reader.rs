//! Reading a journal, while it grows or after.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::AsRawFd,
    path::Path,
    time::Duration,
};

use baton_domain::TerminalName;
use serde::de::DeserializeOwned;

use super::{
    ENDED, Entry, GATE_MOVED, HEAD, HELD, HELP_CLOSED, HELP_NEEDED, LET_GO, LOST, MARKED,
    MESSAGE_DELIVERED, MESSAGE_SEEN, MESSAGE_TAKEN_BACK, NOT_STARTED, PRINTED, SHOWN, SIZED,
    STARTED, STDERR, STDOUT, STEP, Started, TURN_ENDED, TYPED, WRITE_ENDED, What,
};

/// How much is read at once, in bytes.
const CHUNK: usize = 256 << 10;

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
        HELD => read(body).map(What::Held),
        LET_GO => read(body).map(What::LetGo),
        MESSAGE_DELIVERED => read(body).map(What::MessageDelivered),
        MESSAGE_SEEN => read(body).map(What::MessageSeen),
        MESSAGE_TAKEN_BACK => read(body).map(What::MessageTakenBack),
        HELP_NEEDED => read(body).map(What::HelpNeeded),
        HELP_CLOSED => read(body).map(What::HelpClosed),
        TURN_ENDED => read(body).map(What::TurnEnded),
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

fn terminal(bytes: &[u8]) -> Option<(TerminalName, Vec<u8>)> {
    let (name, rest) = bytes.split_first()?;
    let name = match name {
        0 => TerminalName::Agent,
        1 => TerminalName::Shell,
        _ => return None,
    };
    Some((name, rest.to_vec()))
}
