//! All changes of the working copy against the commit it started from, untracked files and the
//! agent's own commits included, as one tree and one patch. The same changes give the same bytes.

use std::{ffi::OsString, fs, io, os::unix::ffi::OsStringExt, path::Path};

use baton_domain::{Failure, FailureCode};

use super::guard::{Findings, inspect};
use crate::{
    git::{Git, GitError},
    redact::{self, Redactor},
    stop::{Interrupted, StopReason},
    workspace::Workspace,
};

/// Git's name for a folder without files.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
/// Settings that would change how a patch looks.
const NEUTRAL: &[&str] = &[
    "-c",
    "diff.suppressBlankEmpty=false",
    "-c",
    "diff.indentHeuristic=true",
    "-c",
    "diff.interHunkContext=0",
    "-c",
    "diff.orderFile=/dev/null",
    "-c",
    "core.abbrev=40",
];

/// The changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patch {
    /// The changed tree, in the worker's own clone.
    pub(crate) tree: String,
    /// Changed files.
    pub(crate) files: u32,
    /// Added lines.
    pub(crate) insertions: u32,
    /// Removed lines.
    pub(crate) deletions: u32,
    /// Secrets that the changes hold.
    pub(crate) findings: Findings,
    /// What is missing or replaced in the written patch, for people.
    pub(crate) complaints: Vec<String>,
}

/// Writes `patches/changes.patch`, empty when nothing changed, and without secrets.
pub(crate) async fn write(
    git: &Git,
    redactor: &Redactor,
    workspace: &Workspace,
    start: Option<&str>,
) -> Result<Patch, Interrupted> {
    let written = compose(git, redactor, workspace, start).await;
    written.map_err(|error| match error {
        GitError::Stopped { .. } => Interrupted::Stopped(StopReason::Cancelled),
        error => Failure::new(
            FailureCode::PublishFailed,
            format!("failed to write the patch: {error}"),
        )
        .into(),
    })
}

async fn compose(
    git: &Git,
    redactor: &Redactor,
    workspace: &Workspace,
    start: Option<&str>,
) -> Result<Patch, GitError> {
    let store = workspace.store();
    let index = workspace.root().join("index");
    let tree = write_tree(git, &store, workspace, start, &index).await?;
    let from = start.unwrap_or(EMPTY_TREE);
    if start.is_none() {
        // A new repository does not have even the empty tree.
        git.run_with(&store, &["mktree"], Some(b"")).await?;
    }
    let file = workspace.record().join("patches/changes.patch");
    let changes = changes(git, redactor, workspace, from, &tree, &file).await?;
    Ok(Patch {
        tree,
        files: changes.files,
        insertions: changes.insertions,
        deletions: changes.deletions,
        findings: changes.findings,
        complaints: changes.complaints,
    })
}

/// What differs between two trees of the worker's own clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Changed files.
    pub(crate) files: u32,
    /// Added lines.
    pub(crate) insertions: u32,
    /// Removed lines.
    pub(crate) deletions: u32,
    findings: Findings,
    complaints: Vec<String>,
}

/// Writes the changes between two trees to a file, without secrets.
pub(crate) async fn changes(
    git: &Git,
    redactor: &Redactor,
    workspace: &Workspace,
    from: &str,
    tree: &str,
    file: &Path,
) -> Result<Changes, GitError> {
    let store = workspace.store();
    let findings = inspect(git, redactor, &store, from, tree).await?;
    let counted = numstat(git, &store, from, tree).await?;
    let (files, insertions, deletions) = count(&counted);
    let unseen = unseen(&counted, &findings);
    diff(git, &store, &patch_options(file), from, tree, &unseen).await?;
    let mut complaints: Vec<String> = unseen.iter().map(|path| left_out(path)).collect();
    if clean(redactor, workspace, file)
        .await
        .map_err(GitError::Copy)?
    {
        complaints.push(
            "the patch has marks in the places of secrets: it does not apply as it is".to_owned(),
        );
    }
    Ok(Changes {
        files,
        insertions,
        deletions,
        findings,
        complaints,
    })
}

/// Counts what differs between a commit and a tree: files, added and removed lines.
pub(crate) async fn count_changes(
    git: &Git,
    store: &Path,
    start: Option<&str>,
    tree: &str,
) -> Result<(u32, u32, u32), GitError> {
    if start.is_none() {
        // A new repository does not have even the empty tree.
        git.run_with(store, &["mktree"], Some(b"")).await?;
    }
    let from = start.unwrap_or(EMPTY_TREE);
    Ok(count(&numstat(git, store, from, tree).await?))
}

async fn numstat(git: &Git, store: &Path, from: &str, to: &str) -> Result<Vec<u8>, GitError> {
    let options = ["--numstat", "-z"].map(OsString::from);
    diff(git, store, &options, from, to, &[]).await
}

/// Binary files with a secret: in a patch they are compressed, where nothing can be taken out.
fn unseen(numstat: &[u8], findings: &Findings) -> Vec<Vec<u8>> {
    let entries = numstat.split(|byte| *byte == 0);
    let binary = entries.filter_map(|entry| entry.strip_prefix(b"-\t-\t"));
    let secret = binary.filter(|path| findings.touched.contains(*path));
    secret.map(<[u8]>::to_vec).collect()
}

fn left_out(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    format!("the patch is without '{path}': it is binary and holds a secret")
}

/// Takes secrets out of the patch; says whether there was one.
async fn clean(redactor: &Redactor, workspace: &Workspace, file: &Path) -> io::Result<bool> {
    if redact::scan(redactor, file).await?.is_none() {
        return Ok(false);
    }
    let copy = workspace.root().join("changes.patch.clean");
    redact::clean_copy(redactor, file, &copy).await?;
    fs::rename(copy, file).map(|()| true)
}

/// The working copy as a tree in a store, through an index of the worker's own that nobody else uses
/// meanwhile.
pub(crate) async fn write_tree(
    git: &Git,
    store: &Path,
    workspace: &Workspace,
    start: Option<&str>,
    index: &Path,
) -> Result<String, GitError> {
    let repo = workspace.repo();
    fs::create_dir_all(&repo).map_err(GitError::Copy)?;
    if fs::symlink_metadata(&repo)
        .map_err(GitError::Copy)?
        .is_symlink()
    {
        return Err(GitError::Copy(io::ErrorKind::NotADirectory.into()));
    }
    let git = git.with([
        ("GIT_DIR", store.as_os_str().to_owned()),
        ("GIT_WORK_TREE", repo.clone().into_os_string()),
        ("GIT_INDEX_FILE", index.as_os_str().to_owned()),
    ]);
    git.run(&repo, &["read-tree", start.unwrap_or("--empty")])
        .await?;
    git.run(&repo, &["add", "--all", "--", "."]).await?;
    git.line(&repo, &["write-tree"]).await
}

fn patch_options(file: &Path) -> Vec<OsString> {
    let mut output = OsString::from("--output=");
    output.push(file);
    let fixed = [
        "-p",
        "--binary",
        "--full-index",
        "--no-color",
        "--no-renames",
        "--unified=3",
        "--diff-algorithm=myers",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--ignore-submodules=none",
        "--submodule=short",
    ];
    fixed.iter().map(OsString::from).chain([output]).collect()
}

async fn diff(
    git: &Git,
    store: &Path,
    options: &[OsString],
    from: &str,
    to: &str,
    without: &[Vec<u8>],
) -> Result<Vec<u8>, GitError> {
    let mut words: Vec<OsString> = NEUTRAL.iter().map(OsString::from).collect();
    words.extend(["diff-tree", "-r", "--no-ext-diff", "--no-textconv"].map(OsString::from));
    words.extend_from_slice(options);
    words.extend([from, to, "--"].map(OsString::from));
    if !without.is_empty() {
        words.push(".".into());
    }
    for path in without {
        let literal = [b":(exclude,literal)", path.as_slice()].concat();
        words.push(OsString::from_vec(literal));
    }
    Ok(git.run(store, &words).await?.stdout)
}

/// Adds up `--numstat -z`: `added TAB removed TAB path NUL`, with `-` for binary files.
fn count(numstat: &[u8]) -> (u32, u32, u32) {
    let text = String::from_utf8_lossy(numstat);
    let entries = text.split('\0').filter(|entry| !entry.is_empty());
    entries.fold((0, 0, 0), |(files, added, removed), entry| {
        let mut numbers = entry.split('\t').map(|n| n.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        (files + 1, added + next(), removed + next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_files_count_without_lines() {
        let numstat = b"1\t2\ta b.txt\0-\t-\tpicture.png\x0010\t0\tc\0";
        assert_eq!(count(numstat), (3, 11, 2));
        assert_eq!(count(b""), (0, 0, 0));
    }
}
