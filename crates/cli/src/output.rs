//! What people and scripts read: the only place that prints.

mod held;
pub(crate) mod table;
mod target;
pub(crate) mod timeline;
pub(crate) mod words;

pub(crate) use target::Target;

use std::io::{self, Write};

use serde::Serialize;

/// Writes to standard output, with a line end.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Writes a value as indented JSON to standard output.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(print(&serde_json::to_string_pretty(value)?)?)
}

/// Writes a value as one line of JSON to standard output.
pub(crate) fn print_json_line(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(print(&serde_json::to_string(value)?)?)
}

/// Writes to standard error, for people. Nobody may be reading: that is no error.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
