//! What a session through tmate has left, ended and removed; by its own worker at the end, or by the
//! next one in the state folder.

use std::{fs, io, path::Path};

use baton_terminal::{Family, Gone, Mark};

/// Ends every process with the mark and removes the folder. With it go the links: who looked on is
/// disconnected.
pub(in crate::session) async fn end_remains(folder: &Path, mark: &Mark) {
    if !folder.exists() {
        return;
    }
    let family = Family {
        mark: Some(mark.clone()),
        ..Family::default()
    };
    if family.kill().await == Gone::NotAll {
        tracing::error!("a tmate client cannot be killed");
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "failed to remove what a tmate client has left");
        }
        _ => {}
    }
}
