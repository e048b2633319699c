//! What handlers take from a request, checked, with problems for what cannot be taken.

mod actor;
mod body;
mod path;
mod query;
mod resume;

pub(crate) use actor::{Asker, By};
pub(crate) use body::{Body, IdempotencyKey};
pub(crate) use path::{ArtifactPath, HelpPath, MessagePath, RunPath, ScopePath, TokenPath};
pub(crate) use query::Pairs;
pub(crate) use resume::LastEventId;
