//! The way from an agent to its host.

use std::{env, path::PathBuf};

use baton_terminal::AGENT_SOCKET_VARIABLE;

/// Where the run's host listens, if this runs in a run.
pub(crate) fn find() -> Option<PathBuf> {
    env::var_os(AGENT_SOCKET_VARIABLE).map(PathBuf::from)
}
