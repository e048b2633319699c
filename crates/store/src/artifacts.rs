//! Files that attempts left in the artifact store.

mod get;
mod list;
mod row;
mod write;

use baton_domain::{Attempt, Position, RunId};
use chrono::{DateTime, Utc};

pub use get::get;
pub use list::list;
pub(crate) use write::write;

/// A file of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredArtifact {
    /// The run.
    pub run: RunId,
    /// The attempt that left it.
    pub attempt: Attempt,
    /// Its path among the attempt's artifacts, such as `logs/agent.log`.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// Of its content, lower-case hex.
    pub sha256: String,
    /// Its media type.
    pub content_type: String,
    /// When the broker took the report of it.
    pub stored_at: DateTime<Utc>,
    /// Where the broker keeps the report of it.
    pub position: Position,
}
