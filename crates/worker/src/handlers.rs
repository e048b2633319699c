//! How each run type is executed.

pub(crate) mod codex;
pub(crate) mod codex_home;
mod codex_lines;
mod codex_reader;
pub(crate) mod command;
mod execute;
mod follow;

pub(crate) use execute::{Execution, millis, never_started};
