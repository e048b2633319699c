//! The real Claude Code, which is pointed at a scripted model by an API key that no service knows.

use std::path::PathBuf;

use crate::tools;

/// The key that the scripted model is asked with.
pub const API_KEY: &str = "sk-ant-scripted-model";

/// The program, on `PATH` or in `.tools/bin`.
#[must_use]
pub fn program() -> PathBuf {
    tools::program("claude")
}
