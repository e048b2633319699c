//! Finding the programs that this crate starts. The search path is handed in; nothing here reads
//! the environment.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Error, Result};

/// The oldest NATS server that keeps what our streams ask of it; older ones drop fields silently.
const OLDEST_NATS: [u32; 3] = [2, 14, 4];
/// The oldest major version of Postgres that Baton's migrations run on.
const OLDEST_POSTGRES: u32 = 15;

const USUAL: &[&str] = &[
    "/usr/local/bin",
    "/usr/bin",
    "/usr/sbin",
    "/opt/homebrew/bin",
];
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";

/// Where to look for programs, in this order: `path`, `extra`, then the usual places.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The value of `PATH`.
    pub path: OsString,
    /// Further folders, such as `<workspace>/.tools/bin`.
    pub extra: Vec<PathBuf>,
}

/// The two programs of one Postgres installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresBinaries {
    /// The server.
    pub postgres: PathBuf,
    /// What makes an empty data folder.
    pub initdb: PathBuf,
    /// The major version that `postgres` reports.
    pub major: u32,
}

impl Search {
    /// The first NATS server of version 2.14.4 or later; `explicit` is the only one looked at.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none.
    pub fn nats_server(&self, explicit: Option<&Path>) -> Result<PathBuf> {
        let candidates: Vec<PathBuf> = match explicit {
            Some(path) => vec![path.to_path_buf()],
            None => self.folders().map(|f| f.join("nats-server")).collect(),
        };
        let found = candidates.iter().find(|path| is_new_nats(path));
        found.cloned().ok_or_else(|| Error::Missing {
            program: "nats-server, version 2.14.4 or later,",
            looked: list(&candidates),
            hint: "install one from nats.io",
        })
    }

    /// The first Postgres of version 15 or later; Debian's own folders count with the highest
    /// version first. `explicit` is a folder that holds both programs.
    ///
    /// # Errors
    /// [`Error::Missing`] when no folder holds both `postgres` and `initdb` of a new enough version.
    pub fn postgres(&self, explicit: Option<&Path>) -> Result<PostgresBinaries> {
        let folders = match explicit {
            Some(folder) => vec![folder.to_path_buf()],
            None => self.folders().chain(debian_folders()).collect(),
        };
        folders
            .iter()
            .find_map(|folder| pair(folder))
            .ok_or_else(|| Error::Missing {
                program: "postgres with initdb, version 15 or later,",
                looked: list(&folders),
                hint: "install the package postgresql",
            })
    }

    /// Any other program by its name.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.folders()
            .map(|folder| folder.join(name))
            .find(|path| is_program(path))
    }

    fn folders(&self) -> impl Iterator<Item = PathBuf> {
        std::env::split_paths(&self.path)
            .filter(|folder| folder.is_absolute())
            .chain(self.extra.iter().cloned())
            .chain(USUAL.iter().map(PathBuf::from))
    }
}

fn is_new_nats(path: &Path) -> bool {
    is_program(path)
        && Command::new(path)
            .arg("--version")
            .output()
            .ok()
            .and_then(|said| nats_version(&String::from_utf8_lossy(&said.stdout)))
            .is_some_and(|version| version >= OLDEST_NATS)
}

/// `[2, 15, 1]` of `nats-server: v2.15.1`, and of `… v2.15.1-RC.2`.
fn nats_version(said: &str) -> Option<[u32; 3]> {
    let (_, version) = said.trim().split_once(": v")?;
    let release = version.split('-').next()?;
    let parts: Option<Vec<u32>> = release.split('.').map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

/// Each place once, in the order of the search.
fn list(places: &[PathBuf]) -> String {
    let mut seen: Vec<String> = Vec::new();
    for place in places {
        let name = place.display().to_string();
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen.join(", ")
}

/// `/usr/lib/postgresql/<major>/bin`, highest version first.
fn debian_folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(DEBIAN_POSTGRES).into_iter().flatten();
    let mut versions: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions
        .into_iter()
        .map(|version| {
            Path::new(DEBIAN_POSTGRES)
                .join(version.to_string())
                .join("bin")
        })
        .collect()
}

/// Both programs of one folder: a `postgres` whose `initdb` is missing is of no use.
fn pair(folder: &Path) -> Option<PostgresBinaries> {
    let postgres = folder.join("postgres");
    let initdb = folder.join("initdb");
    if !is_program(&postgres) || !is_program(&initdb) {
        return None;
    }
    let said = Command::new(&postgres).arg("--version").output().ok()?;
    let major = major_version(&String::from_utf8_lossy(&said.stdout))?;
    (major >= OLDEST_POSTGRES).then_some(PostgresBinaries {
        postgres,
        initdb,
        major,
    })
}

/// `15` of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `18` of `… 18beta1`.
fn major_version(said: &str) -> Option<u32> {
    let version = said.split(") ").nth(1)?;
    let digits = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn program(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn search(path: &Path) -> Search {
        Search {
            path: path.into(),
            extra: Vec::new(),
        }
    }

    #[test]
    fn the_path_comes_first_but_plain_files_and_old_servers_are_passed_over() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let new = "#!/bin/sh\necho 'nats-server: v2.14.4'\n";
        let wanted = program(second.path(), "nats-server", new);
        fs::write(first.path().join("nats-server"), "not executable").unwrap();
        let mut search = search(first.path());
        search.extra.push(second.path().into());
        assert_eq!(search.nats_server(None).unwrap(), wanted);
        program(
            first.path(),
            "nats-server",
            &new.replace("2.14.4", "2.9.10"),
        );
        assert_eq!(search.nats_server(None).unwrap(), wanted);
        let earlier = program(first.path(), "nats-server", new);
        assert_eq!(search.nats_server(None).unwrap(), earlier);
    }

    #[test]
    fn an_explicit_path_that_is_no_program_names_the_way_out() {
        let error = Search::default()
            .nats_server(Some(Path::new("/nonexistent/nats-server")))
            .unwrap_err()
            .to_string();
        assert!(error.contains("/nonexistent/nats-server"), "{error}");
        assert!(error.contains("scripts/bootstrap"), "{error}");
    }

    #[test]
    fn a_postgres_without_its_initdb_or_too_old_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let text = "#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n";
        program(folder.path(), "postgres", text);
        assert_eq!(pair(folder.path()), None);
        program(folder.path(), "initdb", "");
        assert_eq!(pair(folder.path()), None);
        let newer = text.replace("14.9", "17.2");
        program(folder.path(), "postgres", &newer);
        assert_eq!(pair(folder.path()).unwrap().major, 17);
        let found = search(folder.path()).postgres(None).unwrap();
        assert_eq!(found.postgres, folder.path().join("postgres"));
    }

    #[test]
    fn versions_are_read_as_the_programs_word_them() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(major_version(debian), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("nonsense"), None);
        assert_eq!(nats_version("nats-server: v2.15.1\n"), Some([2, 15, 1]));
        assert_eq!(
            nats_version("nats-server: v2.15.0-RC.2\n"),
            Some([2, 15, 0])
        );
        assert_eq!(nats_version("nonsense"), None);
    }
}
