//! Recordings in asciicast v3: a header line, then a line for each event with the seconds since the
//! one before.

mod read;
mod write;

use std::time::Duration;

use baton_domain::TerminalSize;
use bytes::Bytes;

pub use read::{CastError, CastReader};
pub use write::CastWriter;

/// A recording's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastHeader {
    /// The terminal's size at the start.
    pub size: TerminalSize,
    /// When it began, in seconds since 1970.
    pub began: Option<u64>,
    /// What it shows, for a person.
    pub title: Option<String>,
    /// Which program.
    pub command: Option<String>,
}

/// Something that happened in a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CastEvent {
    /// `o`: it showed these bytes.
    Output(Bytes),
    /// `i`: somebody typed.
    Input(String),
    /// `r`: it changed its size.
    Resize(TerminalSize),
    /// `m`: a mark with a label.
    Marker(String),
    /// `x`: its program ended with this status.
    Exit(i32),
}

/// An event and when it happened, counted from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastAt {
    /// Since the start.
    pub at: Duration,
    /// What.
    pub event: CastEvent,
}
