//! What operators said to the agents of runs, and how far that has come.

mod get;
mod page;
mod row;
mod seen;
mod write;

use baton_domain::{Actor, Position, RunId, run::control::Message};
use chrono::{DateTime, Utc};

pub use get::get;
pub use page::page;
pub(crate) use row::{MessageRow, message};
pub use seen::seen;
pub(crate) use write::write;

/// A message as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// The run.
    pub run: RunId,
    /// Where the broker keeps the command that brought it.
    pub position: Position,
    /// Who wrote it.
    pub actor: Actor,
    /// What it says.
    pub text: String,
    /// When the API took it.
    pub created_at: DateTime<Utc>,
    /// How far it has come.
    pub message: Message,
}

/// A message that is kept already, as it stands by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageStep {
    /// The run.
    pub run: RunId,
    /// How far it has come.
    pub message: Message,
}

/// Messages, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessagePage {
    /// The messages.
    pub messages: Vec<StoredMessage>,
    /// The last message of the page when others follow: the `after` of the next page.
    pub next: Option<Position>,
}
