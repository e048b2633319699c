//! The artifact store: files of attempts, behind `object_store`. What is listed is what the
//! recorder kept; this holds the contents.

mod name;
mod receive;
mod store;

pub(crate) use name::ArtifactName;
pub(crate) use receive::{Expected, ReceiveError, hex};
pub(crate) use store::{ArtifactStore, StoreError};
