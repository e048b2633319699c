//! The machine itself: room on the disk, a free port.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

use nix::sys::statvfs::statvfs;

use super::{Finding, Standing};
use crate::output::words;

const DEFAULT_PORT: u16 = 7700;
/// Less than this, and a clone or two fill the disk.
const COMFORT: u64 = 2 << 30;
const LEAST: u64 = 200 << 20;

pub(super) fn all(state: &Path) -> Vec<Finding> {
    vec![disk(state), port()]
}

fn disk(state: &Path) -> Finding {
    const NAME: &str = "disk";
    let existing = state
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("/"));
    let free = match statvfs(existing) {
        Ok(stat) => stat.blocks_available().saturating_mul(stat.fragment_size()),
        Err(error) => {
            let found = format!("failed to look at {}: {error}", existing.display());
            return Finding::bad(NAME, Standing::Lacking, found, "check the folder by hand");
        }
    };
    let found = format!("{} free for {}", words::size(free), state.display());
    let fix = "make room, or name another folder with --state (BATON_DEV_STATE_DIR)";
    match free {
        COMFORT.. => Finding::good(NAME, found),
        LEAST..COMFORT => Finding::bad(NAME, Standing::Lacking, found, fix),
        _ => Finding::bad(NAME, Standing::Missing, found, fix),
    }
}

fn port() -> Finding {
    const NAME: &str = "port";
    match TcpListener::bind((Ipv4Addr::LOCALHOST, DEFAULT_PORT)) {
        Ok(_) => Finding::good(NAME, format!("{DEFAULT_PORT} is free")),
        Err(_) => Finding::bad(
            NAME,
            Standing::Lacking,
            format!("{DEFAULT_PORT} is taken, perhaps by a Baton that runs"),
            "stop what listens there, or choose another with --port (BATON_DEV_PORT)",
        ),
    }
}
