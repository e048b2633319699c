//! What a recorder shows of its work.

use baton_domain::Position;

/// What a recorder is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its turn, or for broker or database.
    StandingBy,
    /// It is the one that records, and everything up to here is kept.
    Recorded(Position),
}

impl Progress {
    /// Whether it is the one that records and has kept this position.
    #[must_use]
    pub fn has_recorded(self, position: Position) -> bool {
        matches!(self, Self::Recorded(reached) if reached >= position)
    }
}
