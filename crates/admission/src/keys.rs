//! The keys of an installation: one for each role, one by which workers are let in. Seeds lie in
//! files of one folder, each to be given to nobody but its role; the broker needs public keys only.

use std::{
    fs, io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use baton_bus::{
    BusError,
    access::{AccessKeys, Role, server_config},
};
use nkeys::KeyPair;

/// The file that the broker's configuration includes.
pub const CONFIG_FILE: &str = "accounts.conf";

const ISSUER: &str = "issuer";

/// A folder of keys that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read or written.
    #[error("the key file {} cannot be used: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A seed is none.
    #[error("the key file {} holds no seed of a{} key: {reason}; make it with `baton nats keys`", path.display(), if *.account { "n account" } else { " user" })]
    Seed {
        /// Which file.
        path: PathBuf,
        /// Whether an account's seed was looked for, rather than a user's.
        account: bool,
        /// What is wrong.
        reason: String,
    },
    /// A file of this build is malformed.
    #[error(transparent)]
    Build(#[from] BusError),
}

/// A seed. It is shown to nobody.
#[derive(Clone)]
pub struct Seed(String);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Seed {
    /// The seed of a role, from its file.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn of_user(path: &Path) -> Result<Self, KeysError> {
        Self::read(path, 'U')
    }

    /// The seed of the issuer, from its file.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn of_issuer(path: &Path) -> Result<Self, KeysError> {
        Self::read(path, 'A')
    }

    /// The seed itself, for whoever has to prove that he has it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn read(path: &Path, kind: char) -> Result<Self, KeysError> {
        let text = fs::read_to_string(path).map_err(|source| file(path, source))?;
        let seed = text.trim().to_owned();
        let key = KeyPair::from_seed(&seed).map_err(|error| error.to_string());
        let reason = match key {
            Ok(key) if key.public_key().starts_with(kind) => return Ok(Self(seed)),
            Ok(_) => "it is a key of another kind".to_owned(),
            Err(reason) => reason,
        };
        Err(KeysError::Seed {
            path: path.to_owned(),
            account: kind == 'A',
            reason,
        })
    }
}

/// A folder of keys.
#[derive(Debug, Clone)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// Makes the keys that are missing, keeps those that are there, and writes the broker's part
    /// anew.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn make(folder: &Path) -> Result<Self, KeysError> {
        fs::create_dir_all(folder).map_err(|source| file(folder, source))?;
        let keys = Self(folder.to_owned());
        let mut roles = Vec::new();
        for role in Role::ALL {
            let path = keys.seed_file(role);
            roles.push((role, public(&path, KeyPair::new_user)?));
        }
        let issuer = public(&keys.issuer_file(), KeyPair::new_account)?;
        let config = server_config(&AccessKeys { roles, issuer })?;
        let path = keys.config_file();
        // The broker may be another user.
        write(&path, &config, 0o644)?;
        Ok(keys)
    }

    /// Where a role's seed lies.
    #[must_use]
    pub fn seed_file(&self, role: Role) -> PathBuf {
        self.0.join(format!("{}.seed", role.as_str()))
    }

    /// Where the issuer's seed lies.
    #[must_use]
    pub fn issuer_file(&self) -> PathBuf {
        self.0.join(format!("{ISSUER}.seed"))
    }

    /// Where the broker's part lies.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.0.join(CONFIG_FILE)
    }
}

/// The public half of the key in a file, which is made if it is not there.
fn public(path: &Path, make: fn() -> KeyPair) -> Result<String, KeysError> {
    if !path.exists() {
        let seed = make().seed().map_err(|error| KeysError::Seed {
            path: path.to_owned(),
            account: false,
            reason: error.to_string(),
        })?;
        write(path, &format!("{seed}\n"), 0o600)?;
    }
    let kind = if path.ends_with(format!("{ISSUER}.seed")) {
        'A'
    } else {
        'U'
    };
    let seed = Seed::read(path, kind)?;
    let key = KeyPair::from_seed(seed.reveal()).map_err(|error| KeysError::Seed {
        path: path.to_owned(),
        account: kind == 'A',
        reason: error.to_string(),
    })?;
    Ok(key.public_key())
}

/// Writes a file so that it is whole or not there.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), KeysError> {
    let draft = path.with_extension("new");
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&draft)
        .and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
        .and_then(|()| fs::set_permissions(&draft, fs::Permissions::from_mode(mode)))
        .and_then(|()| fs::rename(&draft, path));
    written.map_err(|source| file(path, source))
}

fn file(path: &Path, source: io::Error) -> KeysError {
    KeysError::File {
        path: path.to_owned(),
        source,
    }
}
