//! The folder of `baton dev`: one process at a time, everything that is kept between starts.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// The folder, held until this is dropped.
#[derive(Debug)]
pub(super) struct State {
    dir: PathBuf,
    // The kernel lets go of the lock when the process ends, however it ends.
    _lock: File,
}

impl State {
    /// Makes the folder if need be and takes it.
    pub(super) fn take(dir: &Path) -> anyhow::Result<Self> {
        let place = dir.display();
        fs::create_dir_all(dir).with_context(|| format!("failed to create {place}"))?;
        let path = dir.join("lock");
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .with_context(|| format!("failed to open {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                lock.read_to_string(&mut holder).unwrap_or_default();
                bail!(
                    "another `baton dev` (process {}) uses {place}: stop it, or name another \
                     folder with --state (BATON_DEV_STATE_DIR)",
                    holder.trim()
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("failed to lock {}", path.display()));
            }
        }
        lock.set_len(0)?;
        lock.rewind()?;
        write!(lock, "{}", std::process::id())?;
        Ok(Self {
            dir: dir.to_owned(),
            _lock: lock,
        })
    }

    /// A folder below.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cannot_share_a_folder_and_the_second_learns_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = State::take(&folder.path().join("deep/state")).unwrap();
        let error = State::take(&folder.path().join("deep/state")).unwrap_err();
        let process = format!("process {}", std::process::id());
        assert!(error.to_string().contains(&process), "{error}");
        drop(first);
        State::take(&folder.path().join("deep/state")).unwrap();
    }
}
