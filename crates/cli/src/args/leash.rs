//! `baton leash`, for workers.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;

/// A program, and what it hangs on.
#[derive(Debug, Clone, Args)]
pub(crate) struct LeashArgs {
    /// The file that is written again and again by whoever vouches for the program
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How long the program goes on when the file is not written, in seconds, 1 to 3600
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: u32,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    pub(crate) program: Vec<OsString>,
}
