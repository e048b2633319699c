//! Why a worker could not start, or had to leave.

use std::{io, path::PathBuf};

use crate::preflight::PreflightError;

/// A worker that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Something that its runs need is missing.
    #[error(transparent)]
    Preflight(#[from] PreflightError),
    /// Another worker uses the state folder.
    #[error("the state folder '{}' is in use by another worker; give each its own BATON_WORKER_STATE_DIR", .0.display())]
    InUse(PathBuf),
    /// The state folder cannot be locked.
    #[error("the state folder '{}' cannot be locked: {source}", path.display())]
    Lock {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Http(#[from] reqwest::Error),
    /// One of the worker's own tasks died.
    #[error("a task of the worker died: {0}")]
    Task(String),
}
