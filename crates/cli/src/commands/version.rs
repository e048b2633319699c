//! `baton version`.

use serde_json::json;

use crate::{exit::Exit, output};

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn run(as_json: bool) -> anyhow::Result<Exit> {
    if as_json {
        output::print_json(&json!({"name": "baton", "version": VERSION}))?;
    } else {
        output::print(&format!("baton {VERSION}"))?;
    }
    Ok(Exit::Done)
}
