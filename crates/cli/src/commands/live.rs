//! Settings of live sessions, and the session keys from where they are kept.

use std::{
    fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path, sync::Arc, time::Duration,
};

use anyhow::Context;
use baton_api::{LiveOptions, ViewerLimits, WebLinks};
use baton_domain::Provider;
use baton_keys::KeySet;

use crate::args::{AllowWebLinks, LiveArgs, LiveSessions, SessionKeysArgs};

/// By the flags.
pub(super) fn options(args: &LiveArgs) -> anyhow::Result<LiveOptions> {
    Ok(with(args, session_keys(&args.keys)?))
}

/// By the flags; without keys, those of a file, which is made if it is missing.
pub(super) fn dev_options(args: &LiveArgs, file: &Path) -> anyhow::Result<LiveOptions> {
    let keys = match session_keys(&args.keys)? {
        Some(keys) => keys,
        None if file.exists() => read(file)?,
        None => make(file)?,
    };
    Ok(with(args, Some(keys)))
}

/// The session keys by flag, variable or file; none if none are named.
pub(super) fn session_keys(args: &SessionKeysArgs) -> anyhow::Result<Option<KeySet>> {
    let given = args.session_keys.as_deref().map(str::trim);
    match (
        given.filter(|text| !text.is_empty()),
        &args.session_keys_file,
    ) {
        (Some(text), _) => {
            let keys = KeySet::from_json(text);
            Ok(Some(
                keys.context("--session-keys (BATON_API_SESSION_KEYS)")?,
            ))
        }
        (None, Some(file)) => {
            let keys = read(file);
            Ok(Some(keys.context(
                "--session-keys-file (BATON_API_SESSION_KEYS_FILE)",
            )?))
        }
        (None, None) => Ok(None),
    }
}

/// The keys of a file.
pub(super) fn read(file: &Path) -> anyhow::Result<KeySet> {
    let place = || format!("failed to read the session keys in {}", file.display());
    let text = fs::read_to_string(file).with_context(place)?;
    KeySet::from_json(&text).with_context(place)
}

/// Makes keys in a file that must not be there.
pub(super) fn make(file: &Path) -> anyhow::Result<KeySet> {
    let keys = KeySet::generate()?;
    let place = || format!("failed to make the session keys in {}", file.display());
    let mut options = fs::File::options();
    let options = options.create_new(true).write(true).mode(0o600);
    let mut made = options.open(file).with_context(place)?;
    made.write_all(keys.to_json().as_bytes())
        .with_context(place)?;
    made.sync_all().with_context(place)?;
    Ok(keys)
}

/// Puts keys in the place of those in a file: at every moment, one or the other is there whole.
pub(super) fn replace(file: &Path, keys: &KeySet) -> anyhow::Result<()> {
    let place = || format!("failed to replace the session keys in {}", file.display());
    let kept = fs::metadata(file).with_context(place)?.permissions();
    let draft = file.with_extension("new");
    let mut options = fs::File::options();
    let options = options.create(true).truncate(true).write(true).mode(0o600);
    let mut new = options.open(&draft).with_context(place)?;
    new.write_all(keys.to_json().as_bytes())
        .with_context(place)?;
    new.set_permissions(kept).with_context(place)?;
    new.sync_all().with_context(place)?;
    fs::rename(&draft, file).with_context(place)
}

fn with(args: &LiveArgs, keys: Option<KeySet>) -> LiveOptions {
    let minutes = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
    LiveOptions {
        by_default: match args.live_sessions {
            LiveSessions::Off => None,
            LiveSessions::Web => Some(Provider::Web),
            LiveSessions::Tmate => Some(Provider::Tmate),
        },
        session_ttl: minutes(args.session_ttl_minutes),
        grant_ttl: minutes(args.grant_ttl_minutes),
        web_links: match args.allow_web_links {
            AllowWebLinks::None => WebLinks::None,
            AllowWebLinks::Ro => WebLinks::ToWatch,
            AllowWebLinks::Rw => WebLinks::ToType,
        },
        viewers: ViewerLimits {
            server: args.viewers.max_viewers,
            run: args.viewers.max_viewers_per_run,
            name: args.viewers.max_viewers_per_name,
        },
        keys: keys.map(Arc::new),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn args(keys: Option<&str>, file: Option<&Path>) -> SessionKeysArgs {
        SessionKeysArgs {
            session_keys: keys.map(str::to_owned),
            session_keys_file: file.map(Path::to_owned),
        }
    }

    // H-12
    #[test]
    fn keys_come_from_a_variable_or_a_file_and_bad_ones_are_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        let made = make(&file).unwrap();
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(make(&file).is_err(), "keys that are there are kept");
        let text = fs::read_to_string(&file).unwrap();
        for args in [args(Some(&text), None), args(None, Some(&file))] {
            let read = session_keys(&args).unwrap().unwrap();
            assert_eq!(read.public(), made.public());
        }
        assert!(session_keys(&args(Some(" "), None)).unwrap().is_none());
        assert!(session_keys(&args(None, None)).unwrap().is_none());
        let refused = format!(
            "{:#}",
            session_keys(&args(Some("hunter2"), None)).unwrap_err()
        );
        assert!(refused.contains("BATON_API_SESSION_KEYS"), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn replaced_keys_keep_their_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        let made = make(&file).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&file, &made.rotated().unwrap()).unwrap();
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(read(&file).unwrap().public()[1], made.public()[0]);
    }
}
