//! Carrying what a former attempt had changed into the working copy of the next one, so that hours
//! of work survive a failure. Only files come along, as git sees them: commits of the agent's own,
//! settings and ignored files do not, and nothing comes from a start that is no longer the same.

use baton_domain::Attempt;

use crate::{
    git::{Git, GitError},
    publish::write_tree,
    start::Start,
    stop::{Interrupted, StopReason},
    workspace::Workspace,
};

/// What became of a former attempt's changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Carried {
    /// There are none.
    Nothing,
    /// They are in the working copy.
    From(Attempt),
    /// They could not be carried over.
    Lost(Attempt, String),
}

/// Puts the changes of the newest former attempt of the run, if it is kept and started from the
/// same commit, into the fresh working copy.
pub(crate) async fn carry(
    git: &Git,
    workspace: &Workspace,
    start: &Start,
) -> Result<Carried, Interrupted> {
    let Some((attempt, former)) = workspace.former() else {
        return Ok(Carried::Nothing);
    };
    let Some(commit) = &start.commit else {
        return Ok(Carried::Nothing);
    };
    let began = former.read_kept().start.and_then(|start| start.commit);
    if began.as_ref() != Some(commit) {
        return Ok(Carried::Nothing);
    }
    match bring(git, workspace, &former, commit).await {
        Ok(true) => Ok(Carried::From(attempt)),
        Ok(false) => Ok(Carried::Nothing),
        Err(GitError::Stopped { .. }) => Err(Interrupted::Stopped(StopReason::Cancelled)),
        Err(error) => Ok(Carried::Lost(attempt, error.to_string())),
    }
}

/// Whether there was anything to bring.
async fn bring(
    git: &Git,
    workspace: &Workspace,
    former: &Workspace,
    commit: &str,
) -> Result<bool, GitError> {
    let store = workspace.store();
    let tree = write_tree(
        git,
        &store,
        former,
        Some(commit),
        &former.root().join("index"),
    )
    .await?;
    let unchanged = format!("{commit}^{{tree}}");
    if git.line(&store, &["rev-parse", &unchanged]).await? == tree {
        return Ok(false);
    }
    let repo = workspace.repo();
    // An index of the worker's own: to the agent's git these are changes that nobody has added.
    let git = git.with([
        ("GIT_DIR", store.into_os_string()),
        ("GIT_WORK_TREE", repo.clone().into_os_string()),
        (
            "GIT_INDEX_FILE",
            workspace.root().join("index").into_os_string(),
        ),
    ]);
    git.run(&repo, &["read-tree", commit]).await?;
    git.run(&repo, &["read-tree", "--reset", "-u", &tree])
        .await?;
    Ok(true)
}
