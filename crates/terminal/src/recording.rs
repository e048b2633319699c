//! A recording of a terminal, out of its host's journal.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use baton_domain::{TerminalName, TerminalSize};
use baton_screen::cast::{CastEvent, CastHeader, CastWriter};

use crate::{
    journal::{Entry, Exit, JournalReader, What},
    protocol::JOURNAL,
};

/// What is recorded.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Which terminal.
    pub terminal: TerminalName,
    /// When the agent was started, in seconds since 1970.
    pub began: Option<u64>,
    /// What it shows, for a person.
    pub title: Option<String>,
    /// What ran in it.
    pub command: Option<String>,
}

/// The journal of the host that lives in a folder.
#[must_use]
pub fn journal_in(host: &Path) -> PathBuf {
    host.join(JOURNAL)
}

/// Writes a terminal's recording, as asciicast v3, as far as the journal tells it by now. What was
/// typed is not in it, but for what the terminal showed of it.
///
/// # Errors
/// When the journal cannot be read, or the recording not be written.
pub fn recording(journal: &Path, of: Recorded, out: &mut impl io::Write) -> io::Result<()> {
    let mut journal = JournalReader::open(journal)?;
    let terminal = of.terminal;
    let mut before = Vec::new();
    let mut size = TerminalSize::DEFAULT;
    // A terminal's size stands before everything that it shows.
    while let Some(entry) = journal.next_entry()? {
        match entry.what {
            What::Sized(name, first) if name == terminal => {
                size = first;
                break;
            }
            _ => before.extend(event(terminal, entry)),
        }
    }
    let (mut writer, header) = CastWriter::new(&CastHeader {
        size,
        began: of.began,
        title: of.title,
        command: of.command,
    });
    out.write_all(header.as_bytes())?;
    let mut write = |(at, event)| {
        let mut lines = String::new();
        writer.event(at, &event, &mut lines);
        out.write_all(lines.as_bytes())
    };
    before.into_iter().try_for_each(&mut write)?;
    while let Some(entry) = journal.next_entry()? {
        event(terminal, entry).map_or(Ok(()), &mut write)?;
    }
    Ok(())
}

/// What an entry is in the recording of a terminal.
fn event(terminal: TerminalName, entry: Entry) -> Option<(Duration, CastEvent)> {
    let of_agent = terminal == TerminalName::Agent;
    let event = match entry.what {
        What::Printed(name, bytes) if name == terminal => CastEvent::Output(bytes.into()),
        What::Shown(bytes) if of_agent => CastEvent::Output(bytes.into()),
        What::Sized(name, size) if name == terminal => CastEvent::Resize(size),
        What::Marked(label) if of_agent => CastEvent::Marker(label),
        What::GateMoved(moved) => CastEvent::Marker(format!("{} may type", moved.holder?)),
        What::WriteEnded(ended) => CastEvent::Marker(format!(
            "{} may type no more: {}",
            ended.holder, ended.cause
        )),
        What::Ended(ended) if of_agent => CastEvent::Exit(match ended.exit {
            Exit::Code(code) => code,
            // As shells say it.
            Exit::Signal(signal) => 128 + signal,
        }),
        _ => return None,
    };
    Some((entry.at, event))
}
