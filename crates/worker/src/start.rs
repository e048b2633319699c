//! The state of a repository that work starts from.

use serde::{Deserialize, Serialize};

/// Where the work starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Start {
    /// The commit; none in a repository without any.
    pub(crate) commit: Option<String>,
    /// The branch or tag, if there is one.
    pub(crate) reference: Option<Reference>,
}

/// A name for the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Reference {
    /// The working copy is on a branch of this name.
    Branch(String),
    /// The working copy is on no branch.
    Tag(String),
}

impl Reference {
    /// The name without its folder.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Tag(name) => name,
        }
    }
}
