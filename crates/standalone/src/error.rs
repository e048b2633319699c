//! What can go wrong with a child process, in words that name the way out.

use std::{io, path::PathBuf};

/// A failure to find, start or stop a child process.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program is not installed, or not where we look.
    #[error("{program} not found in {looked}; run scripts/bootstrap to fetch it, or {hint}")]
    Missing {
        /// The program, as typed.
        program: &'static str,
        /// The folders that were looked into, separated by commas.
        looked: String,
        /// Another way to get it.
        hint: &'static str,
    },
    /// The file system refused.
    #[error("failed to {action} {}", path.display())]
    File {
        /// What was tried, as a verb: `create`, `read`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The operating system did not start the program.
    #[error("failed to start {program}")]
    Spawn {
        /// The program's name.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// The program ended before it was ready.
    #[error("{program} ended while starting ({status}): {log}")]
    Ended {
        /// The program, as typed.
        program: &'static str,
        /// Exit status as the system words it.
        status: String,
        /// The end of its log.
        log: String,
    },
    /// The program is running but did not get ready in time; it has been killed.
    #[error("{program} was not ready after {seconds} s: {log}")]
    Slow {
        /// The program, as typed.
        program: &'static str,
        /// How long was waited.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// The stored data belongs to another major version of Postgres.
    #[error("{} holds data of postgres {found}, but the installed one is {installed}; use that version or another state folder", path.display())]
    Version {
        /// The data folder.
        path: PathBuf,
        /// Major version that wrote the data.
        found: String,
        /// Major version of the binary.
        installed: u32,
    },
    /// The system's user table could not be read.
    #[error("failed to look up the user that postgres is to run as")]
    Identity(#[source] io::Error),
}

impl Error {
    /// For `map_err`: an input or output error with its place.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// For `map_err`: a program that the system did not start.
    pub(crate) fn spawn(program: &str) -> impl Fn(io::Error) -> Self {
        move |source| Self::Spawn {
            program: program.to_owned(),
            source,
        }
    }

    /// Whether the program ended because another process holds its port.
    pub(crate) fn is_port_taken(&self) -> bool {
        matches!(self, Self::Ended { log, .. }
            if log.to_lowercase().contains("address already in use"))
    }
}
