//! A screen at one moment.

use baton_domain::TerminalSize;
use bytes::Bytes;

/// What a viewer that joins needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The size.
    pub size: TerminalSize,
    /// What draws both screens and sets every mode in a terminal of this size that was reset. What
    /// the terminal shows next can follow at once, even in the middle of a sequence.
    pub dump: Bytes,
    /// Whether the alternate screen is shown.
    pub alternate: bool,
}
