//! Drains in force: who takes no more runs.

mod list;
mod write;

use baton_domain::{Drain, Position};

pub use list::list;
pub(crate) use write::write;

/// A drain as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDrain {
    /// Who is drained, by whom and until when.
    pub drain: Drain,
    /// Where the broker keeps the wish.
    pub position: Position,
}
