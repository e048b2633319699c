//! Getting the repository: a bare clone of the worker's own, and from it the agent's working
//! copy. Later git commands use the former, so that nothing an agent writes into its copy's
//! settings is ever obeyed by the worker.

use std::{ffi::OsStr, path::Path};

use baton_domain::{
    Failure, FailureCode,
    spec::{Checkout, GitRef, Repository},
};

use crate::{
    git::{Git, GitError},
    options::GitOptions,
    start::{Reference, Start},
    stop::{Interrupted, StopReason},
    workspace::Workspace,
};

/// Clones the repository and sets the working copy to its start.
pub(crate) async fn checkout(
    git: &Git,
    options: &GitOptions,
    workspace: &Workspace,
    wanted: &Checkout,
) -> Result<Start, Interrupted> {
    clone(git, workspace, &wanted.repository).await?;
    let start = find_start(git, &workspace.store(), wanted).await?;
    make_copy(git, options, workspace, wanted, &start)
        .await
        .map_err(|error| broken(&error))?;
    Ok(start)
}

async fn clone(
    git: &Git,
    workspace: &Workspace,
    repository: &Repository,
) -> Result<(), Interrupted> {
    let store = workspace.store();
    // Through the normal transport even for a local path: nothing is shared with the original.
    let options = ["clone", "--bare", "--quiet", "--no-local", "--template="].map(OsStr::new);
    let places = [
        OsStr::new("--"),
        OsStr::new(repository.as_str()),
        store.as_os_str(),
    ];
    if let Some(former) = workspace.former_store() {
        // What a former attempt has fetched is not fetched again: it is copied, so that the
        // former workspace may go at any time.
        let known = [
            OsStr::new("--dissociate"),
            OsStr::new("--reference"),
            former.as_os_str(),
        ];
        let words = [&options[..], &known, &places].concat();
        match git.run(workspace.root(), &words).await {
            Ok(_) => return Ok(()),
            // It may be cut short, or the remote away: the whole clone tells.
            Err(GitError::Failed { complaint, .. }) => {
                tracing::debug!(
                    complaint,
                    "failed to clone by a former attempt's repository"
                );
            }
            Err(error) => return Err(broken(&error)),
        }
    }
    match git
        .run(workspace.root(), &[&options[..], &places].concat())
        .await
    {
        Ok(_) => Ok(()),
        Err(GitError::Failed { complaint, .. }) => Err(unreadable(repository, &complaint).into()),
        Err(error) => Err(broken(&error)),
    }
}

/// What git's complaint about a clone means for the run.
fn unreadable(repository: &Repository, complaint: &str) -> Failure {
    const PASSING: &[&str] = &[
        "could not resolve host",
        "connection refused",
        "failed to connect",
        "couldn't connect",
        "connection timed out",
        "connection reset",
        "operation timed out",
        "network is unreachable",
        "no space left",
        "early eof",
        "the requested url returned error: 5",
    ];
    let lower = complaint.to_lowercase();
    let passing = PASSING.iter().any(|sign| lower.contains(sign));
    let (code, advice) = if passing {
        (
            FailureCode::CheckoutFailed,
            "the repository could not be reached",
        )
    } else {
        (
            FailureCode::RepositoryUnreadable,
            "check that it exists and that the worker may read it",
        )
    };
    Failure::new(
        code,
        format!("failed to clone '{repository}': {advice}; git says: {complaint}"),
    )
}

async fn find_start(git: &Git, store: &Path, wanted: &Checkout) -> Result<Start, Interrupted> {
    match &wanted.starting_ref {
        Some(reference) => find_named(git, store, wanted, reference).await,
        None => find_default(git, store).await,
    }
}

async fn find_default(git: &Git, store: &Path) -> Result<Start, Interrupted> {
    let commit = resolve(git, store, "HEAD").await?;
    let branch = git
        .line(store, &["symbolic-ref", "--quiet", "--short", "HEAD"])
        .await;
    let reference = match branch {
        Ok(branch) => Some(Reference::Branch(branch)),
        // The remote's HEAD is no branch.
        Err(GitError::Failed { .. }) => None,
        Err(error) => return Err(broken(&error)),
    };
    if commit.is_none() && has_branches(git, store).await? {
        return Err(Failure::new(
            FailureCode::RefNotFound,
            "the repository's default branch does not exist: name a starting branch",
        )
        .into());
    }
    Ok(Start { commit, reference })
}

async fn has_branches(git: &Git, store: &Path) -> Result<bool, Interrupted> {
    let listed = git.line(store, &["for-each-ref", "--count=1"]).await;
    listed
        .map(|line| !line.is_empty())
        .map_err(|error| broken(&error))
}

async fn find_named(
    git: &Git,
    store: &Path,
    wanted: &Checkout,
    reference: &GitRef,
) -> Result<Start, Interrupted> {
    let name = reference.as_str();
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    let tag = name.strip_prefix("refs/tags/").unwrap_or(name);
    let candidates = [
        (
            format!("refs/heads/{branch}"),
            Reference::Branch(branch.to_owned()),
        ),
        (format!("refs/tags/{tag}"), Reference::Tag(tag.to_owned())),
    ];
    for (candidate, reference) in candidates {
        if let Some(commit) = resolve(git, store, &candidate).await? {
            return Ok(Start {
                commit: Some(commit),
                reference: Some(reference),
            });
        }
    }
    if is_commit_id(name)
        && let Some(commit) = resolve_commit(git, store, wanted, name).await?
    {
        return Ok(Start {
            commit: Some(commit),
            reference: None,
        });
    }
    Err(Failure::new(
        FailureCode::RefNotFound,
        format!(
            "'{}' has no branch, tag or commit '{name}': check task.git.startingBranch",
            wanted.repository
        ),
    )
    .into())
}

fn is_commit_id(name: &str) -> bool {
    (7..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_hexdigit())
}

async fn resolve_commit(
    git: &Git,
    store: &Path,
    wanted: &Checkout,
    id: &str,
) -> Result<Option<String>, Interrupted> {
    if let Some(commit) = resolve(git, store, id).await? {
        return Ok(Some(commit));
    }
    // A commit that no branch reaches is not cloned, but many servers give it when asked for it.
    let fetch = ["fetch", "--quiet", "--", wanted.repository.as_str(), id];
    match git.run(store, &fetch).await {
        Ok(_) => resolve(git, store, id).await,
        Err(GitError::Failed { .. }) => Ok(None),
        Err(error) => Err(broken(&error)),
    }
}

/// The commit that a name means in the store, if it means one.
async fn resolve(git: &Git, store: &Path, name: &str) -> Result<Option<String>, Interrupted> {
    let wanted = format!("{name}^{{commit}}");
    let words = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &wanted,
    ];
    match git.line(store, &words).await {
        Ok(commit) => Ok(Some(commit)),
        Err(GitError::Failed { .. }) => Ok(None),
        Err(error) => Err(broken(&error)),
    }
}

async fn make_copy(
    git: &Git,
    options: &GitOptions,
    workspace: &Workspace,
    wanted: &Checkout,
    start: &Start,
) -> Result<(), GitError> {
    let (store, repo) = (workspace.store(), workspace.repo());
    // Copied, not linked: what an agent does to its objects stays in its copy.
    let clone = [
        "clone",
        "--quiet",
        "--no-checkout",
        "--no-hardlinks",
        "--template=",
        "--",
    ];
    let clone = clone.map(OsStr::new);
    let places = [store.as_os_str(), repo.as_os_str()];
    git.run(workspace.root(), &[&clone[..], &places[..]].concat())
        .await?;
    let repository = wanted.repository.as_str();
    git.run(&repo, &["remote", "set-url", "origin", "--", repository])
        .await?;
    git.run(&repo, &["config", "user.name", &options.name])
        .await?;
    git.run(&repo, &["config", "user.email", &options.email])
        .await?;
    let Some(commit) = &start.commit else {
        return Ok(());
    };
    let place = match &start.reference {
        Some(Reference::Branch(name)) => ["--no-track", "-B", name],
        Some(Reference::Tag(_)) | None => ["--no-guess", "--detach", "--quiet"],
    };
    let words = [&["checkout", "--quiet"][..], &place, &[commit.as_str()]].concat();
    git.run(&repo, &words).await?;
    Ok(())
}

/// Git itself did not do its work: not the repository's fault, or not known to be.
fn broken(error: &GitError) -> Interrupted {
    match error {
        GitError::Stopped { .. } => Interrupted::Stopped(StopReason::Cancelled),
        error => Failure::new(FailureCode::CheckoutFailed, error.to_string()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let repository = Repository::parse("https://example.org/a").unwrap();
        let code = |complaint| unreadable(&repository, complaint).code;
        for complaint in [
            "fatal: unable to access 'x': Could not resolve host: x",
            "ssh: connect to host x port 22: Connection refused\nfatal: Could not read from remote repository.",
            "fatal: unable to access 'x': The requested URL returned error: 503",
        ] {
            assert_eq!(code(complaint), FailureCode::CheckoutFailed, "{complaint}");
        }
        for complaint in [
            "fatal: repository '/nowhere' does not exist",
            "fatal: could not read Username for 'https://x': terminal prompts disabled",
            "git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.",
        ] {
            let expected = FailureCode::RepositoryUnreadable;
            assert_eq!(code(complaint), expected, "{complaint}");
        }
    }
}
