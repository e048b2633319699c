//! How git is run, and where pull requests are opened.

use std::{path::PathBuf, time::Duration};

/// How git is run.
#[derive(Debug, Clone)]
pub struct GitOptions {
    /// The program, a path or a name on `PATH`.
    pub program: PathBuf,
    /// The longest time that one git command may take.
    pub timeout: Duration,
    /// Author and committer of published commits.
    pub name: String,
    /// Their address.
    pub email: String,
}

impl Default for GitOptions {
    fn default() -> Self {
        Self {
            program: PathBuf::from("git"),
            timeout: Duration::from_secs(600),
            name: "Baton".to_owned(),
            email: "baton@localhost".to_owned(),
        }
    }
}

/// Where pull requests are opened, and by whom.
#[derive(Clone)]
pub struct GitHubOptions {
    /// The root of the REST interface: `https://api.github.com`, or
    /// `https://<host>/api/v3` of an Enterprise server.
    pub api_url: String,
    /// The token for it, which git gets too for repositories of the same host over HTTPS.
    pub token: Option<String>,
    /// How long a pull request is tried for while GitHub is away or asks for patience.
    pub patience: Duration,
}

impl Default for GitHubOptions {
    fn default() -> Self {
        Self {
            api_url: "https://api.github.com".to_owned(),
            token: None,
            patience: Duration::from_secs(300),
        }
    }
}

impl std::fmt::Debug for GitHubOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitHubOptions")
            .field("api_url", &self.api_url)
            .finish_non_exhaustive()
    }
}
