//! Settings that need more than their flag: secrets in files, folders below the user's own.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use baton_standalone::Search;

use crate::args::{IdentityArgs, StoreArgs, WorkerArgs};

/// The database's URL, from its flag, its variable or its file.
pub(crate) fn database_url(args: &StoreArgs) -> anyhow::Result<String> {
    match optional_database_url(
        args.database_url.as_deref(),
        args.database_url_file.as_deref(),
    )? {
        Some(url) => Ok(url),
        None => bail!(
            "no database is named: give --database-url (BATON_DATABASE_URL) \
             or --database-url-file (BATON_DATABASE_URL_FILE)"
        ),
    }
}

/// As [`database_url`], for those who can do without.
pub(crate) fn optional_database_url(
    url: Option<&str>,
    file: Option<&Path>,
) -> anyhow::Result<Option<String>> {
    let url = match (url, file) {
        (Some(url), _) => url.to_owned(),
        (None, Some(file)) => fs::read_to_string(file).with_context(|| {
            let file = file.display();
            format!("--database-url-file (BATON_DATABASE_URL_FILE): failed to read {file}")
        })?,
        (None, None) => return Ok(None),
    };
    let url = url.trim();
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        bail!(
            "the database's URL (BATON_DATABASE_URL) must look like \
             postgres://user:password@host:port/database"
        );
    }
    Ok(Some(url.to_owned()))
}

/// A secret that stands in a file, without the line's end. It is not told when it is bad.
pub(crate) fn secret_file(setting: &str, file: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("{setting}: failed to read {}", file.display()))?;
    let text = text.trim();
    if text.is_empty() {
        bail!("{setting}: {} is empty", file.display());
    }
    Ok(text.to_owned())
}

/// The token of whoever asks the API, if there is one.
pub(crate) fn token(args: &IdentityArgs) -> anyhow::Result<Option<String>> {
    const FILE: &str = "--token-file (BATON_TOKEN_FILE)";
    secret(args.token.as_deref(), FILE, args.token_file.as_deref())
}

/// The token of a worker, if there is one.
pub(crate) fn worker_token(args: &WorkerArgs) -> anyhow::Result<Option<String>> {
    token_of_worker(args.token.as_deref(), args.token_file.as_deref())
}

/// A worker's token, by flag or file.
pub(crate) fn token_of_worker(
    given: Option<&str>,
    file: Option<&Path>,
) -> anyhow::Result<Option<String>> {
    secret(given, "--token-file (BATON_WORKER_TOKEN_FILE)", file)
}

fn secret(given: Option<&str>, name: &str, file: Option<&Path>) -> anyhow::Result<Option<String>> {
    match (given.map(str::trim).filter(|text| !text.is_empty()), file) {
        (Some(text), _) => Ok(Some(text.to_owned())),
        (None, Some(file)) => secret_file(name, file).map(Some),
        (None, None) => Ok(None),
    }
}

/// The folder given, or `baton/<name>` below `$XDG_STATE_HOME` (`~/.local/state`).
pub(crate) fn state_dir(given: Option<&Path>, name: &str) -> anyhow::Result<PathBuf> {
    if let Some(dir) = given {
        return std::path::absolute(dir).context("failed to resolve the state folder");
    }
    let state = non_empty("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".local/state")))
        .context("no home folder is known: name a state folder yourself")?;
    Ok(state.join("baton").join(name))
}

/// The logged-in folder of Claude Code: the one given, `$CLAUDE_CONFIG_DIR`, or `~/.claude`.
pub(crate) fn claude_home(given: Option<&Path>) -> Option<PathBuf> {
    given
        .map(Path::to_owned)
        .or_else(|| non_empty("CLAUDE_CONFIG_DIR").map(PathBuf::from))
        .or_else(|| std::env::home_dir().map(|home| home.join(".claude")))
}

/// The key for Anthropic's interface.
pub(crate) fn anthropic_api_key() -> Option<String> {
    non_empty("ANTHROPIC_API_KEY")?.into_string().ok()
}

/// Where Anthropic's interface is, if somewhere else.
pub(crate) fn anthropic_base_url() -> Option<String> {
    non_empty("ANTHROPIC_BASE_URL")?.into_string().ok()
}

/// The logged-in Codex home: the one given, `$CODEX_HOME`, or `~/.codex`.
pub(crate) fn codex_home(given: Option<&Path>) -> Option<PathBuf> {
    given
        .map(PathBuf::from)
        .or_else(|| non_empty("CODEX_HOME").map(PathBuf::from))
        .or_else(|| std::env::home_dir().map(|home| home.join(".codex")))
}

/// The token for GitHub: in the file given, or in its variable. There is no flag for it: arguments
/// can be read by everybody on the machine.
pub(crate) fn github_token(file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let token = match file {
        Some(file) => Some(fs::read_to_string(file).with_context(|| {
            let file = file.display();
            format!("--github-token-file (BATON_WORKER_GITHUB_TOKEN_FILE): failed to read {file}")
        })?),
        None => non_empty("BATON_WORKER_GITHUB_TOKEN").and_then(|token| token.into_string().ok()),
    };
    let Some(token) = token.map(|token| token.trim().to_owned()) else {
        return Ok(None);
    };
    if token.is_empty() || token.chars().any(|c| !c.is_ascii_graphic()) {
        bail!(
            "the token for GitHub (BATON_WORKER_GITHUB_TOKEN, --github-token-file) is empty or \
             has characters that no token has"
        );
    }
    Ok(Some(token))
}

/// Where programs are looked for: `PATH`, and `.tools/bin` of the folder that Baton was built in
/// or stands in.
pub(crate) fn search() -> Search {
    let built_in = std::env::current_exe().ok();
    let built_in = built_in
        .iter()
        .flat_map(|binary| binary.ancestors().skip(1).take(3))
        .map(Path::to_path_buf);
    let stands_in = std::env::current_dir().ok();
    Search {
        path: std::env::var_os("PATH").unwrap_or_default(),
        extra: built_in
            .chain(stands_in)
            .map(|folder| folder.join(".tools/bin"))
            .filter(|folder| folder.is_dir())
            .collect(),
    }
}

fn non_empty(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_may_stand_in_a_file_with_a_line_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "postgres://u:p@h/d\n").unwrap();
        let url = optional_database_url(None, Some(file.path())).unwrap();
        assert_eq!(url.as_deref(), Some("postgres://u:p@h/d"));
    }

    // W-07
    #[test]
    fn a_bad_database_setting_is_refused_by_name_and_without_its_value() {
        let error = optional_database_url(Some("mysql://secret@h"), None).unwrap_err();
        assert!(error.to_string().contains("BATON_DATABASE_URL"));
        assert!(!error.to_string().contains("secret"));
        let missing = Path::new("/nonexistent/url");
        let error = optional_database_url(None, Some(missing)).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/url"));
    }

    #[test]
    fn a_relative_state_folder_is_made_absolute() {
        let dir = state_dir(Some(Path::new("state")), "dev").unwrap();
        assert!(dir.is_absolute());
        assert!(dir.ends_with("state"));
    }
}
