//! Where the result goes.

use super::{
    git::BranchName,
    text::{InvalidText, Line, check_bounded},
};
use crate::ids::RunId;

/// Where the result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publish {
    /// Nowhere: the patch is kept as an artifact.
    None,
    /// A branch in the repository it came from.
    Branch(NewBranch),
    /// A branch, and a pull request for it.
    PullRequest(NewBranch, PullRequest),
}

impl Publish {
    /// The branch to push, if there is to be one.
    #[must_use]
    pub const fn branch(&self) -> Option<&NewBranch> {
        match self {
            Self::None => None,
            Self::Branch(branch) | Self::PullRequest(branch, _) => Some(branch),
        }
    }
}

/// A branch to push.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewBranch {
    /// The branch as asked for; otherwise [`auto_branch`].
    pub name: Option<BranchName>,
    /// The commit's message; otherwise one made from the instruction.
    pub commit_message: Option<String>,
}

/// A pull request to open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullRequest {
    /// The branch it is for; otherwise the one that the work started from, otherwise the
    /// repository's default.
    pub base: Option<BranchName>,
    /// Its title; otherwise the run's, otherwise the commit's subject.
    pub title: Option<Line>,
    /// Its text; otherwise what was asked for and the run's id.
    pub body: Option<PullRequestBody>,
}

/// The text of a pull request: at most 60,000 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestBody(String);

impl PullRequestBody {
    /// Checks the bounds.
    ///
    /// # Errors
    /// When the text is too long or holds a NUL character.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        check_bounded(text, 60_000).map(|()| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The branch of a run that names none: `task/<YYYYMMDD>/<run8>`, from the day of submission
/// and the run's id, the same for every attempt.
#[must_use]
pub fn auto_branch(run: RunId, submitted: chrono::DateTime<chrono::Utc>) -> BranchName {
    BranchName::parse(&format!(
        "task/{}/{}",
        submitted.format("%Y%m%d"),
        run.short()
    ))
    .expect("digits, hex and slashes make a branch name")
}
