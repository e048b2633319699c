//! The real Codex CLI, logged in with a made-up key and pointed at a scripted model.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::tools;

/// The key that a [`CodexHome`] is logged in with. No service knows it.
pub const API_KEY: &str = "sk-scripted-model";

/// A folder for `CODEX_HOME` in which `codex login status` says that somebody is logged in.
#[derive(Debug)]
pub struct CodexHome {
    folder: TempDir,
}

impl CodexHome {
    /// Makes the folder and logs in by the real program.
    #[must_use]
    pub fn logged_in() -> Self {
        let home = Self::logged_out();
        let mut login = Command::new(program())
            .args(["login", "--with-api-key"])
            .env("CODEX_HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("codex runs");
        let mut stdin = login.stdin.take().expect("stdin is piped");
        writeln!(stdin, "{API_KEY}").expect("codex reads the key");
        drop(stdin);
        let said = login.wait_with_output().expect("codex ends");
        let words = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "failed to log in: {words}");
        home
    }

    /// The same without a login. It is a folder of the workspace's `target`, since Codex grumbles
    /// about one below the system's temporary folder.
    #[must_use]
    pub fn logged_out() -> Self {
        let parent = tools::workspace().join("target/testkit");
        std::fs::create_dir_all(&parent).expect("a folder for codex homes");
        let folder = tempfile::Builder::new()
            .prefix("codex-home-")
            .tempdir_in(parent)
            .expect("a folder for codex");
        Self { folder }
    }

    /// The value for `CODEX_HOME`.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a `config.toml` that makes the scripted model at `url` the default, for callers
    /// that cannot add arguments.
    pub fn use_model(&self, url: &str) {
        let text = format!(
            "model_provider = \"scripted\"\n\n[model_providers.scripted]\nname = \"scripted\"\n\
             base_url = \"{url}\"\nwire_api = \"responses\"\nrequires_openai_auth = true\n"
        );
        std::fs::write(self.path().join("config.toml"), text).expect("codex's configuration");
    }
}

/// The program, on `PATH` or in `.tools/bin`.
#[must_use]
pub fn program() -> PathBuf {
    tools::program("codex")
}

/// The arguments for `codex exec` that make it ask the scripted model at `url`
/// (a [`ModelEndpoint::url`](crate::ModelEndpoint::url)) with the key of its login.
#[must_use]
pub fn overrides(url: &str) -> Vec<String> {
    let provider = format!(
        "model_providers.scripted={{name=\"scripted\",base_url=\"{url}\",\
         wire_api=\"responses\",requires_openai_auth=true}}"
    );
    ["-c", "model_provider=scripted", "-c", &provider]
        .map(str::to_owned)
        .to_vec()
}
