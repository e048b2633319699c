//! The log that people read: `logs/agent.log` as a whole, and as much of it live as fits into
//! events. It holds no times, so that the same work leaves the same log.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use baton_domain::Stage;
use baton_terminal::Remote;
use baton_wire::Event;
use tokio::time::interval;

use crate::{options::Limits, point::Point, redact::Stream, report::Reporter};

/// The longest that a line waits to be published.
const FLUSH_EVERY: Duration = Duration::from_millis(250);
/// The most text in one event, in bytes.
const LARGEST_PIECE: usize = 16 << 10;

/// The log of one attempt; clones write to the same.
#[derive(Debug, Clone)]
pub(crate) struct LogFile(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    file: File,
    reporter: Reporter,
    /// Holds back what may be the beginning of a secret.
    stream: Stream,
    /// Written to the file, in bytes.
    written: u64,
    file_limit: u64,
    /// Where the unpublished text starts.
    offset: u64,
    /// Up to here a worker before this one has published it.
    published: u64,
    pending: String,
    live_limit: u64,
    /// How much may wait for the broker before the live log ends, in bytes.
    waiting_limit: u64,
    truncated: bool,
    /// The terminal that shows it too.
    screen: Option<Screen>,
}

/// A terminal, and how much of the log was sent to it, in bytes.
#[derive(Debug)]
struct Screen(Remote, u64);

impl LogFile {
    /// A new log. What a worker before this one has written is written again, and what it has
    /// published is not.
    pub(crate) fn create(
        path: &Path,
        reporter: Reporter,
        limits: &Limits,
        point: &Point,
    ) -> io::Result<Self> {
        let is_whole = point.is_past(Stage::Execute);
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(!is_whole);
        let mut file = options.open(path)?;
        let written = file.seek(SeekFrom::End(0))?;
        let stream = reporter.redactor().stream();
        Ok(Self(Arc::new(Mutex::new(Inner {
            file,
            stream,
            reporter,
            written,
            file_limit: limits.log_bytes,
            offset: if is_whole { point.published } else { 0 },
            published: point.published,
            pending: String::new(),
            live_limit: limits.live_log_bytes,
            waiting_limit: limits.spool_bytes / 2,
            truncated: point.truncated,
            screen: None,
        }))))
    }

    /// Adds text.
    pub(crate) fn write(&self, text: &str) {
        self.with(|inner| {
            inner.show(text);
            let clean = inner.stream.push(text.as_bytes());
            inner.write(&String::from_utf8_lossy(&clean));
        });
    }

    /// Shows from here on what is written in an agent's terminal too. Its host takes secrets out,
    /// and passes over what a worker before this one has shown.
    pub(crate) fn show_in(&self, remote: Remote) {
        self.with(|inner| inner.screen = Some(Screen(remote, 0)));
    }

    /// Shows no more in the terminal.
    pub(crate) fn show_nowhere(&self) {
        self.with(|inner| inner.screen = None);
    }

    /// Publishes everything: the text ends here.
    pub(crate) fn finish(&self) {
        self.with(|inner| {
            let rest = inner.stream.finish();
            inner.write(&String::from_utf8_lossy(&rest));
            inner.publish(0);
        });
    }

    /// Publishes what waits.
    pub(crate) fn flush(&self) {
        self.with(|inner| inner.publish(0));
    }

    /// Publishes what waits, again and again.
    pub(crate) async fn keep_flushing(&self) {
        let mut ticks = interval(FLUSH_EVERY);
        loop {
            ticks.tick().await;
            self.flush();
        }
    }

    fn with(&self, act: impl FnOnce(&mut Inner)) {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Inner {
    fn show(&mut self, text: &str) {
        if let Some(Screen(remote, shown)) = &mut self.screen {
            *shown += text.len() as u64;
            remote.show(text, Some(*shown));
        }
    }

    fn write(&mut self, text: &str) {
        if self.written >= self.file_limit {
            return;
        }
        // What does not fit on the disk is missing in the file; the live log still has it.
        let _ = self.file.write_all(text.as_bytes());
        self.written += text.len() as u64;
        if self.written >= self.file_limit {
            let _ = self
                .file
                .write_all(b"\n[the log ends here: it is too long]\n");
        }
        if !self.truncated {
            let text = self.unpublished(text);
            self.pending.push_str(text);
            self.publish(LARGEST_PIECE);
        }
    }

    /// The part of a text that nobody has published yet; the log's place is moved past the rest.
    fn unpublished<'a>(&mut self, text: &'a str) -> &'a str {
        let before = self.published.saturating_sub(self.offset);
        let before = usize::try_from(before).unwrap_or(usize::MAX);
        let (_, rest) = text.split_at(text.floor_char_boundary(before));
        self.offset += (text.len() - rest.len()) as u64;
        rest
    }

    /// Publishes until at most `keep` bytes wait.
    fn publish(&mut self, keep: usize) {
        while !self.truncated && !self.pending.is_empty() && self.pending.len() >= keep {
            let end = self.pending.floor_char_boundary(LARGEST_PIECE);
            // The broker is away: what else happens needs the room more. The file has all of it.
            let crowded = self.reporter.waiting() > self.waiting_limit;
            if crowded || self.offset + end as u64 > self.live_limit {
                self.truncated = true;
                self.pending = String::new();
                let offset = self.offset;
                return self.reporter.say(Event::OutputTruncated { offset });
            }
            let text: String = self.pending.drain(..end).collect();
            let offset = self.offset;
            self.offset += end as u64;
            self.reporter.say(Event::Output { offset, text });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        redact::{Redactor, Secret},
        report::Spool,
        stop::Stop,
    };

    fn events(folder: &Path) -> Vec<Event> {
        let mut spool = Spool::open(folder).unwrap();
        let batch = spool.next().unwrap();
        batch.map_or_else(Vec::new, |b| {
            b.events.into_iter().map(|r| r.event).collect()
        })
    }

    // W-10
    #[test]
    fn the_file_has_everything_and_the_events_have_what_fits() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let clock = Arc::new(chrono::DateTime::UNIX_EPOCH);
        let redactor = Redactor::new(&[Secret::new("KEY", "hunter2-hunter2")]);
        let reporter =
            Reporter::new(&spool, clock, Stop::new(), redactor, &Point::start()).unwrap();
        let path = folder.path().join("agent.log");
        let limits = Limits {
            log_bytes: 1 << 20,
            live_log_bytes: 40_000,
            ..Limits::default()
        };
        let log = LogFile::create(&path, reporter, &limits, &Point::start()).unwrap();
        let text = "ä".repeat(12_000);
        log.write("one\n");
        log.flush();
        log.write(&text);
        log.flush();
        log.write(&text);
        log.write("hunter2-");
        log.flush();
        log.write("hunter2 the end hunter2");
        log.finish();
        let expected = format!("one\n{text}{text}[redacted:KEY] the end hunter2");
        assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
        let events = events(folder.path());
        let mut live = String::new();
        for event in &events {
            match event {
                Event::Output { offset, text } => {
                    assert_eq!(*offset, live.len() as u64);
                    assert!(text.len() <= LARGEST_PIECE);
                    live += text;
                }
                Event::OutputTruncated { offset } => assert_eq!(*offset, live.len() as u64),
                other => panic!("{other:?}"),
            }
        }
        assert!(expected.starts_with(&live));
        assert!(matches!(events.last(), Some(Event::OutputTruncated { .. })));
    }
}
