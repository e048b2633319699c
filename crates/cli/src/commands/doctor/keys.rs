//! The session keys, where they are named.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use super::{Finding, Standing};
use crate::{args::SessionKeysArgs, commands::live};

const NAME: &str = "session keys";

/// Whether the keys that are named can be used, and whether their file is for its owner alone.
pub(super) fn look(args: &SessionKeysArgs) -> Option<Finding> {
    let keys = match live::session_keys(args) {
        Ok(None) => return None,
        Ok(Some(keys)) => keys,
        Err(error) => {
            let fix = "baton keys generate FILE, and name it by BATON_API_SESSION_KEYS_FILE";
            return Some(Finding::bad(
                NAME,
                Standing::Missing,
                format!("{error:#}"),
                fix,
            ));
        }
    };
    let found = format!(
        "{} of them, current is {}",
        keys.public().len(),
        keys.current_id()
    );
    let exposed = args
        .session_keys_file
        .as_deref()
        .filter(|file| is_exposed(file));
    Some(match exposed {
        None => Finding::good(NAME, found),
        Some(file) => {
            let fix = format!(
                "chmod 600 {}, unless its folder keeps others out",
                file.display()
            );
            let found = format!("{found}; others on this machine may read them");
            Finding::bad(NAME, Standing::Lacking, found, fix)
        }
    })
}

fn is_exposed(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o007 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    // H-12
    #[test]
    fn keys_are_found_good_exposed_or_unusable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        let args = SessionKeysArgs {
            session_keys: None,
            session_keys_file: Some(file.clone()),
        };
        assert_eq!(look(&args).unwrap().standing, Standing::Missing);
        live::make(&file).unwrap();
        assert_eq!(look(&args).unwrap().standing, Standing::Good);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(look(&args).unwrap().standing, Standing::Lacking);
    }
}
