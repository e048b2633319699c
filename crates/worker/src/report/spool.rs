//! An attempt's events on disk: `events.jsonl`, appended to, and `sent.jsonl`, which notes each
//! message before it is sent and again when the broker has it. So a worker started again sends
//! exactly the message that the one before it may have sent.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use baton_domain::EventSeq;
use baton_wire::{EventsMessage, event::Reported};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The largest body of a message; the broker takes 1 MiB.
const LARGEST_BATCH: usize = 512 << 10;

/// The events of one attempt.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    /// Read position in `events.jsonl`: the first event that the broker does not have.
    offset: u64,
    /// The message that was begun before, if its end is not known.
    begun: Option<u32>,
}

/// The next message's events.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Reported>,
    /// What they take on the disk.
    pub(crate) bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Note {
    /// A message up to this event is about to be sent.
    Begun(u32),
    /// The broker has everything up to here, in bytes of `events.jsonl`.
    Acked(u64),
}

/// Where events are appended.
#[derive(Debug)]
pub(crate) struct SpoolWriter(File);

impl Spool {
    /// Opens an attempt's spool, new or left by a worker before.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut spool = Self {
            folder: folder.to_owned(),
            offset: 0,
            begun: None,
        };
        for note in read_notes(&spool.path("sent.jsonl"))? {
            match note {
                Note::Begun(last) => spool.begun = Some(last),
                Note::Acked(offset) => (spool.offset, spool.begun) = (offset, None),
            }
        }
        Ok(spool)
    }

    /// Where events are appended.
    pub(crate) fn writer(&self) -> io::Result<SpoolWriter> {
        append(&self.path("events.jsonl")).map(SpoolWriter)
    }

    /// The next message, if there is something to say. Its boundary is on disk when this returns.
    pub(crate) fn next(&mut self) -> io::Result<Option<Batch>> {
        let batch = self.read()?;
        if let Some(last) = batch.events.last() {
            if self.begun.is_none() {
                self.note(&Note::Begun(last.seq.get()))?;
                self.begun = Some(last.seq.get());
            }
            return Ok(Some(batch));
        }
        Ok(None)
    }

    /// The broker has the batch.
    pub(crate) fn acked(&mut self, batch: &Batch) -> io::Result<()> {
        let offset = self.offset + batch.bytes;
        self.note(&Note::Acked(offset))?;
        (self.offset, self.begun) = (offset, None);
        Ok(())
    }

    /// Whether the last event is one that nothing follows.
    pub(crate) fn is_concluded(&self) -> io::Result<bool> {
        let last = read_lines(&self.path("events.jsonl"), 0)?
            .filter_map(Result::ok)
            .filter_map(|line| serde_json::from_str::<Reported>(&line).ok())
            .last();
        Ok(last.is_some_and(|reported| reported.event.ends_attempt()))
    }

    /// Everything that was written, after taking away a line that a crash has cut: what is
    /// appended to it would be lost.
    pub(crate) fn mend(&mut self) -> io::Result<Vec<Reported>> {
        let path = self.path("events.jsonl");
        let (mut events, mut whole) = (Vec::new(), 0);
        for line in read_lines(&path, 0)? {
            let line = line?;
            let Some(reported) = read_event(&line) else {
                break;
            };
            whole += line.len() as u64;
            events.push(reported);
        }
        if path.exists() {
            OpenOptions::new().write(true).open(&path)?.set_len(whole)?;
        }
        Ok(events)
    }

    /// What waits for the broker, in bytes.
    pub(crate) fn waiting(&self) -> io::Result<u64> {
        match std::fs::metadata(self.path("events.jsonl")) {
            Ok(file) => Ok(file.len().saturating_sub(self.offset)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// The last event that the broker has.
    pub(crate) fn acked_event(&self) -> io::Result<Option<EventSeq>> {
        let mut read = 0;
        let mut last = None;
        for line in read_lines(&self.path("events.jsonl"), 0)? {
            let line = line?;
            read += line.len() as u64;
            if read > self.offset {
                break;
            }
            last = read_event(&line).map(|reported| reported.seq);
        }
        Ok(last)
    }

    fn read(&self) -> io::Result<Batch> {
        let mut batch = Batch {
            events: Vec::new(),
            bytes: 0,
        };
        for line in read_lines(&self.path("events.jsonl"), self.offset)? {
            let line = line?;
            let bytes = batch.bytes + line.len() as u64;
            // A line without its end was cut by a crash, or is being written.
            let whole = line.ends_with('\n');
            let fits = batch.events.is_empty() || bytes <= LARGEST_BATCH as u64;
            if !whole || !fits || batch.events.len() == EventsMessage::MAX_EVENTS {
                break;
            }
            let reported: Reported = serde_json::from_str(&line)?;
            if self.begun.is_some_and(|last| reported.seq.get() > last) {
                break;
            }
            batch.events.push(reported);
            batch.bytes = bytes;
        }
        Ok(batch)
    }

    fn note(&self, note: &Note) -> io::Result<()> {
        let mut line = serde_json::to_vec(note)?;
        line.push(b'\n');
        append(&self.path("sent.jsonl"))?.write_all(&line)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl SpoolWriter {
    /// Appends an event, in one write; says what it takes on the disk, in bytes.
    pub(crate) fn append(&mut self, reported: &Reported) -> io::Result<u64> {
        let mut line = serde_json::to_string(reported)?;
        if line.contains("\\u0000") {
            let mut value = serde_json::to_value(reported)?;
            replace_nul(&mut value);
            line = value.to_string();
        }
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        Ok(line.len() as u64)
    }
}

/// Puts a visible sign in the place of NUL characters, which programs print and databases refuse.
fn replace_nul(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace('\0', "\u{2400}"),
        Value::Array(items) => items.iter_mut().for_each(replace_nul),
        Value::Object(fields) => fields.values_mut().for_each(replace_nul),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An event, if the line is a whole one.
fn read_event(line: &str) -> Option<Reported> {
    serde_json::from_str(line.strip_suffix('\n')?).ok()
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn read_notes(path: &Path) -> io::Result<Vec<Note>> {
    let lines = read_lines(path, 0)?;
    // The last line may have been cut by a crash.
    lines
        .map(|line| Ok(serde_json::from_str(&line?).ok()))
        .filter_map(Result::transpose)
        .collect()
}

/// Lines with their ends, from an offset; none when there is no file.
fn read_lines(
    path: &Path,
    offset: u64,
) -> io::Result<impl Iterator<Item = io::Result<String>> + use<>> {
    let file = match File::open(path) {
        Ok(mut file) => {
            file.seek(SeekFrom::Start(offset))?;
            Some(file)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut reader = file.map(BufReader::new);
    Ok(std::iter::from_fn(move || {
        let mut line = String::new();
        match reader.as_mut()?.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(Ok(line)),
            Err(error) => Some(Err(error)),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_wire::Event;

    fn reported(seq: u64, message: &str) -> Reported {
        Reported {
            seq: EventSeq::new(seq).unwrap(),
            at: chrono::DateTime::UNIX_EPOCH,
            event: Event::Warning {
                message: message.to_owned(),
            },
        }
    }

    fn seqs(batch: Option<&Batch>) -> Vec<u32> {
        batch.map_or_else(Vec::new, |batch| {
            batch.events.iter().map(|event| event.seq.get()).collect()
        })
    }

    #[test]
    fn what_was_begun_is_sent_again_as_it_was_and_what_is_acked_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(folder.path()).unwrap();
        let mut writer = spool.writer().unwrap();
        assert!(spool.next().unwrap().is_none());
        writer.append(&reported(1, "a")).unwrap();
        writer.append(&reported(2, "b")).unwrap();
        assert_eq!(seqs(spool.next().unwrap().as_ref()), [1, 2]);
        writer.append(&reported(3, "c")).unwrap();
        assert_eq!(seqs(spool.next().unwrap().as_ref()), [1, 2]);

        let mut spool = Spool::open(folder.path()).unwrap();
        let batch = spool.next().unwrap().unwrap();
        assert_eq!(seqs(Some(&batch)), [1, 2]);
        spool.acked(&batch).unwrap();
        assert_eq!(seqs(spool.next().unwrap().as_ref()), [3]);
        let mut spool = Spool::open(folder.path()).unwrap();
        let batch = spool.next().unwrap().unwrap();
        spool.acked(&batch).unwrap();
        assert!(spool.next().unwrap().is_none());
        assert!(!spool.is_concluded().unwrap());
    }

    #[test]
    fn no_nul_character_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(folder.path()).unwrap();
        let mut writer = spool.writer().unwrap();
        writer.append(&reported(1, "a\0b \\u0000")).unwrap();
        let batch = spool.next().unwrap().unwrap();
        assert_eq!(batch.events, [reported(1, "a\u{2400}b \\u0000")]);
    }

    #[test]
    fn messages_are_bounded_and_a_line_cut_by_a_crash_is_no_event() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(folder.path()).unwrap();
        let mut writer = spool.writer().unwrap();
        let long = "x".repeat(300 << 10);
        writer.append(&reported(1, &long)).unwrap();
        writer.append(&reported(2, &long)).unwrap();
        for seq in 3..=600 {
            writer.append(&reported(seq, "")).unwrap();
        }
        writer.0.write_all(b"{\"seq\":601,").unwrap();
        let mut sizes = Vec::new();
        while let Some(batch) = spool.next().unwrap() {
            sizes.push(batch.events.len());
            spool.acked(&batch).unwrap();
        }
        assert_eq!(sizes, [1, 500, 99]);
    }
}
