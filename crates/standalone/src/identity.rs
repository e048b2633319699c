//! Who a child runs as. Postgres refuses to run as root, so root hands it to another user.

use std::{
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use nix::unistd::{Uid, User};

use crate::{Error, Result};

/// The user that a root-owned process becomes: `postgres` where the system has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Other {
    uid: u32,
    gid: u32,
}

/// Whom to become before starting Postgres; nobody else when we are not root.
pub(crate) fn unprivileged() -> Result<Option<Other>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        let user = User::from_name(name).map_err(|errno| Error::Identity(errno.into()))?;
        if let Some(user) = user {
            return Ok(Some(Other {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            }));
        }
    }
    Err(Error::Identity(std::io::ErrorKind::NotFound.into()))
}

impl Other {
    /// Makes `command` run as this user.
    pub(crate) fn wear(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives one file or folder to this user.
    pub(crate) fn own(self, path: &Path) -> Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
            .map_err(Error::file("change the owner of", path))
    }

    /// Whether this user can pass through every folder above `path`.
    pub(crate) fn can_reach(self, path: &Path) -> bool {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        path.ancestors().skip(1).all(|folder| self.can_pass(folder))
    }

    fn can_pass(self, folder: &Path) -> bool {
        folder.metadata().is_ok_and(|meta| {
            let shift = match (meta.uid() == self.uid, meta.gid() == self.gid) {
                (true, _) => 6,
                (false, true) => 3,
                (false, false) => 0,
            };
            meta.mode() >> shift & 1 == 1
        })
    }
}

/// A folder that `other` can reach, for data whose proper place it cannot: below `/var/lib`,
/// named after the proper place so that the next start finds it again.
pub(crate) fn refuge(proper: &Path) -> PathBuf {
    let name: String = proper
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    Path::new("/var/lib/baton").join(name.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_folder_above_makes_a_place_unreachable() {
        use std::{fs, os::unix::fs::PermissionsExt};
        let folder = tempfile::Builder::new().tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let stranger = Other {
            uid: 65_000,
            gid: 65_000,
        };
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!stranger.can_reach(&inner));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        assert_eq!(
            stranger.can_reach(&inner),
            stranger.can_reach(folder.path())
        );
    }

    #[test]
    fn a_refuge_is_named_after_the_proper_place() {
        let place = refuge(Path::new("/srv/baton/.baton/postgres"));
        assert_eq!(place, Path::new("/var/lib/baton/srv-baton--baton-postgres"));
    }
}
