//! The only crate that speaks SQL: readers, the recorder's writer, locks, migrations.
//!
//! Rows are private and become domain types by conversions that name what does not fit. Knows
//! neither the broker nor its messages.

pub mod accounts;
pub mod artifacts;
pub mod control;
pub mod control_events;
pub mod dead_letters;
pub mod drains;
pub mod events;
pub mod help;
pub mod inputs;
pub mod messages;
pub mod position;
pub mod runs;
pub mod sessions;
pub mod unreadable;

mod batch;
mod error;
mod feed;
mod lock;
mod migrate;
mod pool;
mod roles;
mod row;
mod writer;

pub use artifacts::StoredArtifact;
pub use batch::{Batch, Through, UnreadableMessage};
pub use control::NewControl;
pub use control_events::{ControlFilter, ControlPage, Mark, ShownControlEvent, StoredControlEvent};
pub use drains::StoredDrain;
pub use error::{InvalidRow, StoreError};
pub use events::{EventPage, NewEvent, StoredEvent};
pub use feed::{History, PositionFeed};
pub use help::{
    HelpChoice, HelpCursor, HelpFilter, HelpPage, HelpStanding, HelpStep, NewHelp, StoredHelp,
};
pub use inputs::{InputPage, StoredInput, TypedInput};
pub use lock::{Lock, LockName};
pub use messages::{MessagePage, MessageStep, StoredMessage};
pub use migrate::SchemaVersion;
pub use pool::{Store, StoreOptions};
pub use position::RecordedPosition;
pub use roles::{DatabaseRole, InvalidRole};
pub use runs::{
    IdempotencyKey, Outcome, RunFilter, RunPage, RunRecord, StoredPullRequest, StoredRun,
    Submission, Usage,
};
pub use sessions::{NewSession, StoredSecret};
pub use writer::Writer;
