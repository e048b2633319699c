//! Folders for databases that last as long as a test: in memory where there is room, because
//! ext4 shuns the inodes of files deleted a moment ago and takes a second to copy a cluster where
//! tests come and go; the same copy in memory takes 50 ms.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use nix::sys::statvfs::statvfs;
use tempfile::TempDir;

const MEMORY: &str = "/dev/shm";
/// A container's default of 64 MB is too little for tests side by side.
const ROOM: u64 = 1 << 30;
const PREFIX: &str = "baton-database-";

/// A folder that any user can pass through, as Postgres does not run as root.
pub(crate) fn folder() -> TempDir {
    let parent = parent();
    sweep(&parent);
    tempfile::Builder::new()
        .prefix(&format!("{PREFIX}{}-", std::process::id()))
        .permissions(Permissions::from_mode(0o711))
        .tempdir_in(parent)
        .expect("a folder for the database")
}

fn parent() -> PathBuf {
    let room = statvfs(MEMORY).map(|stat| stat.blocks_available() * stat.fragment_size());
    if room.is_ok_and(|room| room >= ROOM) {
        PathBuf::from(MEMORY)
    } else {
        std::env::temp_dir()
    }
}

/// Removes the folders of test processes that were killed and could not do it themselves.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().and_then(owner).is_some_and(is_gone) {
            // Another test may be sweeping too, or the folder be another user's.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The id of the process that a folder was made by.
fn owner(name: &str) -> Option<u32> {
    let (pid, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    pid.parse().ok()
}

fn is_gone(pid: u32) -> bool {
    !Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_dead_are_swept_and_those_of_the_living_stay() {
        let parent = tempfile::tempdir().unwrap();
        // Above the largest id that Linux gives.
        let dead = parent.path().join(format!("{PREFIX}4194305-x"));
        let alive = parent
            .path()
            .join(format!("{PREFIX}{}-x", std::process::id()));
        let other = parent.path().join("other-4194305-x");
        for folder in [&dead, &alive, &other] {
            fs::create_dir(folder).unwrap();
        }
        sweep(parent.path());
        assert!(!dead.exists());
        assert!(alive.exists() && other.exists());
    }
}
