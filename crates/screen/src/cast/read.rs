//! Recordings read, line by line.

use std::time::Duration;

use baton_domain::{InvalidSize, TerminalSize};
use serde::Deserialize;

use super::{CastAt, CastEvent, CastHeader};

/// A line that is not of a recording.
#[derive(Debug, thiserror::Error)]
pub enum CastError {
    /// The first line is no header.
    #[error("the first line is not the header of an asciicast: {0}")]
    Header(serde_json::Error),
    /// Another version.
    #[error("the recording is of asciicast version {0}; version 3 can be read")]
    Version(u64),
    /// A size that no terminal has.
    #[error("the recording's size cannot be drawn: {0}")]
    Size(#[from] InvalidSize),
    /// A line that is no event.
    #[error("line {line} is not an event of a recording: {why}")]
    Event {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
}

/// Reads a recording's lines.
#[derive(Debug)]
pub struct CastReader {
    at: Duration,
    line: u64,
}

#[derive(Deserialize)]
struct HeaderLine {
    version: u64,
    #[serde(default)]
    term: Option<Term>,
    #[serde(default)]
    timestamp: Option<u64>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    command: Option<String>,
}

#[derive(Deserialize)]
struct Term {
    cols: u16,
    rows: u16,
}

impl CastReader {
    /// A reader and what the header's line says.
    ///
    /// # Errors
    /// When the line is no header of version 3, or its size cannot be drawn.
    pub fn new(header: &str) -> Result<(Self, CastHeader), CastError> {
        let line: HeaderLine = serde_json::from_str(header).map_err(CastError::Header)?;
        if line.version != 3 {
            return Err(CastError::Version(line.version));
        }
        let size = match line.term {
            Some(Term { cols, rows }) => TerminalSize::new(cols, rows)?,
            None => TerminalSize::DEFAULT,
        };
        let reader = Self {
            at: Duration::ZERO,
            line: 1,
        };
        let header = CastHeader {
            size,
            began: line.timestamp,
            title: line.title,
            command: line.command,
        };
        Ok((reader, header))
    }

    /// The event of the next line; `None` for comments, empty lines and kinds that are not known.
    ///
    /// # Errors
    /// When the line is malformed.
    pub fn event(&mut self, line: &str) -> Result<Option<CastAt>, CastError> {
        self.line += 1;
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (since, code, data): (f64, String, String) =
            serde_json::from_str(line).map_err(|error| self.wrong(error))?;
        let since = Duration::try_from_secs_f64(since).map_err(|error| self.wrong(error))?;
        let later = self.at.checked_add(since);
        self.at = later.ok_or_else(|| self.wrong("its time is beyond all measure"))?;
        let event = match code.as_str() {
            "o" => CastEvent::Output(data.into()),
            "i" => CastEvent::Input(data),
            "m" => CastEvent::Marker(data),
            "r" => CastEvent::Resize(self.size(&data)?),
            "x" => CastEvent::Exit(data.parse().map_err(|error| self.wrong(error))?),
            _ => return Ok(None),
        };
        Ok(Some(CastAt { at: self.at, event }))
    }

    fn size(&self, text: &str) -> Result<TerminalSize, CastError> {
        let parts = text.split_once('x');
        let numbers = parts.and_then(|(cols, rows)| Some((cols.parse().ok()?, rows.parse().ok()?)));
        let (cols, rows) = numbers.ok_or_else(|| self.wrong("a size is written like 120x40"))?;
        Ok(TerminalSize::new(cols, rows)?)
    }

    fn wrong(&self, why: impl ToString) -> CastError {
        CastError::Event {
            line: self.line,
            why: why.to_string(),
        }
    }
}
