//! Sample repositories, made by the real git with fixed names and dates, so that a commit's id
//! depends on nothing but the test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::tools;

const NAME: &str = "Sample Author";
const EMAIL: &str = "author@example.com";
const DATE: &str = "2024-01-02T03:04:05Z";
/// The branch of the first commit.
pub const BRANCH: &str = "main";

/// A working copy and the bare remote that its commits are pushed to.
#[derive(Debug)]
pub struct SampleRepository {
    folder: TempDir,
}

impl SampleRepository {
    /// A remote with one commit on [`BRANCH`]: a `README.md` and a `src/greet.sh`.
    #[must_use]
    pub fn new() -> Self {
        let sample = Self::empty();
        sample.write("README.md", "# Sample\n\nA repository to try things on.\n");
        sample.write("src/greet.sh", "#!/bin/sh\necho \"hello\"\n");
        sample.commit("Say hello");
        sample
    }

    /// A remote without any commit.
    #[must_use]
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("baton-sample-")
            .tempdir()
            .expect("a folder for the sample repository");
        let sample = Self { folder };
        fs::create_dir(sample.copy()).expect("a folder for the working copy");
        let branch = format!("--initial-branch={BRANCH}");
        git(
            sample.folder.path(),
            &["init", "--quiet", "--bare", &branch, "remote.git"],
        );
        git(&sample.copy(), &["init", "--quiet", &branch]);
        let remote = sample.remote();
        let remote = remote.to_str().expect("temporary paths are UTF-8");
        git(&sample.copy(), &["remote", "add", "origin", remote]);
        sample
    }

    /// The bare remote, as a path that git can clone and push to.
    #[must_use]
    pub fn remote(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    /// The remote as a `file://` URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("file://{}", self.remote().display())
    }

    /// Writes a file in the working copy, with the folders above it.
    pub fn write(&self, path: &str, text: &str) {
        let file = self.copy().join(path);
        let folder = file.parent().expect("a file has a folder");
        fs::create_dir_all(folder).expect("a folder in the working copy");
        fs::write(file, text).expect("a file in the working copy");
    }

    /// Commits all that was written and pushes it; returns the commit's id.
    pub fn commit(&self, message: &str) -> String {
        let copy = self.copy();
        git(&copy, &["add", "--all"]);
        git(&copy, &["commit", "--quiet", "--message", message]);
        git(&copy, &["push", "--quiet", "origin", "HEAD"]);
        git(&copy, &["rev-parse", "HEAD"])
    }

    /// Starts a branch at the current commit, goes there and pushes it.
    pub fn branch(&self, name: &str) {
        let copy = self.copy();
        git(&copy, &["switch", "--quiet", "--create", name]);
        git(&copy, &["push", "--quiet", "origin", "HEAD"]);
    }

    /// The remote's branches in alphabetical order.
    #[must_use]
    pub fn branches(&self) -> Vec<String> {
        let listed = self.ask(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
        listed.lines().map(str::to_owned).collect()
    }

    /// The text of a file at the tip of one of the remote's branches; nothing when it is not there.
    #[must_use]
    pub fn file(&self, branch: &str, path: &str) -> Option<String> {
        let listed = self.ask(&["ls-tree", "--name-only", branch, "--", path]);
        (!listed.is_empty()).then(|| self.ask(&["show", &format!("{branch}:{path}")]))
    }

    /// The subjects of a remote branch's commits, newest first.
    #[must_use]
    pub fn subjects(&self, branch: &str) -> Vec<String> {
        let listed = self.ask(&["log", "--format=%s", branch]);
        listed.lines().map(str::to_owned).collect()
    }

    /// Installs a hook that makes the remote refuse every push, saying `reason`.
    pub fn refuse_pushes(&self, reason: &str) {
        self.before_a_push(&format!("cat <<'END'\n{reason}\nEND\nexit 1"));
    }

    /// Installs a hook that makes every push wait until there is such a file.
    pub fn hold_pushes(&self, file: &Path) {
        let file = file.display();
        self.before_a_push(&format!("until [ -e '{file}' ]; do sleep 0.02; done"));
    }

    fn before_a_push(&self, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let hook = self.remote().join("hooks/pre-receive");
        fs::write(&hook, format!("#!/bin/sh\n{script}\n")).expect("a hook in the remote");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("an executable hook");
    }

    /// Runs git on the remote; returns what it prints, without the last line's end.
    #[must_use]
    pub fn ask(&self, arguments: &[&str]) -> String {
        git(&self.remote(), arguments)
    }

    /// What somebody has changed in a working copy, as `git status --porcelain` tells it: what is
    /// staged and what is not.
    #[must_use]
    pub fn status(copy: &Path) -> String {
        git(copy, &["status", "--porcelain"])
    }

    fn copy(&self) -> PathBuf {
        self.folder.path().join("copy")
    }
}

impl Default for SampleRepository {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs git without the settings of this machine or user; its failure is the test's.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let said = Command::new(tools::program("git"))
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .envs([("GIT_AUTHOR_NAME", NAME), ("GIT_COMMITTER_NAME", NAME)])
        .envs([("GIT_AUTHOR_EMAIL", EMAIL), ("GIT_COMMITTER_EMAIL", EMAIL)])
        .envs([("GIT_AUTHOR_DATE", DATE), ("GIT_COMMITTER_DATE", DATE)])
        .output()
        .expect("git runs");
    let words = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "git {arguments:?} failed: {words}");
    String::from_utf8_lossy(&said.stdout)
        .trim_end_matches('\n')
        .to_owned()
}
