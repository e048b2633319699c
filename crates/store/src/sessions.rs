//! Live sessions: one row for each run that ever had one. Runs are read together with theirs.

mod row;
mod sealed;
mod write;
mod writer;

use baton_domain::{Generation, Position, RunId, run::session::Session};

pub(crate) use row::session;
pub use sealed::sealed_to_others;
pub(crate) use write::write;
pub use writer::written_by;

/// A session for the recorder to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSession {
    /// Whose.
    pub run: RunId,
    /// As folded.
    pub session: Session,
    /// The position that changed it.
    pub position: Position,
}

/// The sealed secrets of a session that can be joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// Whose.
    pub run: RunId,
    /// Which session of the run.
    pub generation: Generation,
    /// The key that they are sealed to.
    pub key_id: String,
    /// The sealed box, base64url without padding.
    pub sealed: String,
}
