//! The branch of a run: one commit on top of the start, pushed without force over anybody
//! else's work. A tip that an earlier attempt of the same run left is replaced.

use std::{ffi::OsString, path::Path};

use baton_domain::{
    Failure, FailureCode, RunId,
    spec::{BranchName, Repository},
};
use chrono::{DateTime, Utc};

use super::patch::Patch;
use crate::{
    git::{Git, GitError},
    options::GitOptions,
    stop::{Interrupted, StopReason},
    text,
    workspace::Workspace,
};

/// The trailer by which a run knows its own commits.
const TRAILER: &str = "Baton-Run";

/// What is to be pushed.
#[derive(Debug)]
pub(crate) struct Branch<'a> {
    pub(crate) run: RunId,
    pub(crate) repository: &'a Repository,
    pub(crate) name: &'a BranchName,
    /// The commit's message, without the trailer.
    pub(crate) message: &'a str,
    /// The commit's date: the same for every attempt, so that the same work gives the same commit.
    pub(crate) date: DateTime<Utc>,
    /// The commit below it, if there is one.
    pub(crate) start: Option<&'a str>,
}

/// A branch that the remote has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pushed {
    pub(crate) branch: String,
    pub(crate) commit: String,
}

/// Makes the commit and pushes it.
pub(crate) async fn push(
    git: &Git,
    options: &GitOptions,
    workspace: &Workspace,
    branch: &Branch<'_>,
    patch: &Patch,
) -> Result<Pushed, Interrupted> {
    let store = workspace.store();
    let commit = commit(git, options, &store, branch, patch)
        .await
        .map_err(|error| failed(branch, &error))?;
    let tip = remote_tip(git, &store, branch).await?;
    if tip.as_deref() != Some(commit.as_str()) {
        let lease = match &tip {
            Some(tip) => own_tip(git, &store, branch, tip).await?,
            None => None,
        };
        send(git, &store, branch, &commit, lease).await?;
    }
    Ok(Pushed {
        branch: branch.name.to_string(),
        commit,
    })
}

async fn commit(
    git: &Git,
    options: &GitOptions,
    store: &Path,
    branch: &Branch<'_>,
    patch: &Patch,
) -> Result<String, GitError> {
    let date = OsString::from(format!("{} +0000", branch.date.timestamp()));
    let git = git.with([
        ("GIT_AUTHOR_NAME", options.name.clone().into()),
        ("GIT_COMMITTER_NAME", options.name.clone().into()),
        ("GIT_AUTHOR_EMAIL", options.email.clone().into()),
        ("GIT_COMMITTER_EMAIL", options.email.clone().into()),
        ("GIT_AUTHOR_DATE", date.clone()),
        ("GIT_COMMITTER_DATE", date),
    ]);
    let message = format!("{}\n\n{TRAILER}: {}\n", branch.message.trim(), branch.run);
    let mut words = vec!["commit-tree", "--no-gpg-sign", &patch.tree, "-F", "-"];
    if let Some(start) = branch.start {
        words.extend(["-p", start]);
    }
    let said = git
        .run_with(store, &words, Some(message.as_bytes()))
        .await?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// The commit that the branch has on the remote, if it is there.
async fn remote_tip(
    git: &Git,
    store: &Path,
    branch: &Branch<'_>,
) -> Result<Option<String>, Interrupted> {
    let reference = format!("refs/heads/{}", branch.name);
    let words = ["ls-remote", "--", branch.repository.as_str(), &reference];
    let said = git.run(store, &words).await;
    let said = said.map_err(|error| failed(branch, &error))?;
    let listed = String::from_utf8_lossy(&said.stdout);
    // The pattern also matches references that only end like the wanted one.
    let tip = listed
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .find(|(_, name)| *name == reference)
        .map(|(id, _)| id.to_owned());
    Ok(tip)
}

/// The option that replaces the tip, when an earlier attempt of this run has made it.
async fn own_tip(
    git: &Git,
    store: &Path,
    branch: &Branch<'_>,
    tip: &str,
) -> Result<Option<String>, Interrupted> {
    let reference = format!("refs/heads/{}", branch.name);
    let fetch = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--",
        branch.repository.as_str(),
        &reference,
    ];
    git.run(store, &fetch)
        .await
        .map_err(|error| failed(branch, &error))?;
    let format = format!("--format=%(trailers:key={TRAILER},valueonly)");
    let trailer = git.line(store, &["log", "-1", &format, tip]).await;
    let own = trailer.is_ok_and(|value| value.trim() == branch.run.to_string());
    Ok(own.then(|| format!("--force-with-lease={reference}:{tip}")))
}

async fn send(
    git: &Git,
    store: &Path,
    branch: &Branch<'_>,
    commit: &str,
    lease: Option<String>,
) -> Result<(), Interrupted> {
    let what = format!("{commit}:refs/heads/{}", branch.name);
    let mut words = vec![
        "push",
        "--porcelain",
        "--no-verify",
        "--no-follow-tags",
        "--no-signed",
    ];
    words.extend(lease.as_deref());
    words.extend(["--", branch.repository.as_str(), &what]);
    match git.run_outside(store, &words).await {
        Ok(_) => Ok(()),
        Err(error) => Err(failed(branch, &error)),
    }
}

fn failed(branch: &Branch<'_>, error: &GitError) -> Interrupted {
    match error {
        GitError::Stopped { .. } => Interrupted::Stopped(StopReason::Cancelled),
        GitError::Failed {
            complaint, stdout, ..
        } => match refusal(stdout, complaint) {
            Some(reason) => Failure::new(
                FailureCode::PushRefused,
                format!(
                    "'{}' refused branch '{}': {reason}",
                    branch.repository, branch.name
                ),
            )
            .into(),
            None => publish_failed(branch, complaint),
        },
        error => publish_failed(branch, &error.to_string()),
    }
}

fn publish_failed(branch: &Branch<'_>, complaint: &str) -> Interrupted {
    Failure::new(
        FailureCode::PublishFailed,
        format!(
            "failed to push branch '{}' to '{}': check that the worker may write there; git says: {complaint}",
            branch.name, branch.repository
        ),
    )
    .into()
}

/// What the remote said when it refused: the line `!<TAB>from:to<TAB>[rejected] (why)`, and what
/// its hooks printed.
fn refusal(stdout: &str, stderr: &str) -> Option<String> {
    let line = stdout.lines().find(|line| line.starts_with("!\t"))?;
    let summary = line.rsplit('\t').next().unwrap_or(line);
    if !summary.contains("rejected") {
        return None;
    }
    let words: Vec<&str> = stderr
        .lines()
        .filter_map(|line| line.strip_prefix("remote:"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let said = text::head(&words.join(" / "), 1000);
    Some(match said.as_str() {
        "" => format!("{summary}; another branch name, or a newer start, may help"),
        said => format!("{summary}: {said}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_other_failures() {
        let stdout =
            "To /x\n!\ta:refs/heads/b\t[remote rejected] (pre-receive hook declined)\nDone\n";
        let stderr = "remote: not on a friday        \nremote: \nTo /x\nerror: failed to push";
        let reason = refusal(stdout, stderr).unwrap();
        assert_eq!(
            reason,
            "[remote rejected] (pre-receive hook declined): not on a friday"
        );
        assert_eq!(refusal("", "fatal: unable to access"), None);
    }
}
