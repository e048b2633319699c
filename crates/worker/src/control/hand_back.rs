//! What is known of an operator's work in a run's place: before it, and after.

use baton_domain::Actor;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How things were before an operator worked in the run's place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Before {
    /// The workspace, where there is a repository.
    pub(crate) tree: Option<String>,
    /// The last thing that was typed, by its number.
    pub(crate) typed: u64,
    /// How long the history of the operator's shell was, in bytes.
    #[serde(default)]
    pub(crate) history: u64,
}

/// What is to be found out about a takeover that was handed back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandBack {
    /// The takeover.
    pub(crate) takeover: Uuid,
    /// Which of the attempt's hand-backs, from 1.
    pub(crate) number: u32,
    /// How things were before.
    pub(crate) before: Before,
    /// Who hands it back, and what they have done, in their words.
    pub(crate) by: Actor,
    pub(crate) summary: String,
}

/// What an operator has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HandedBack {
    pub(crate) takeover: Uuid,
    pub(crate) files: u32,
    pub(crate) insertions: u32,
    pub(crate) deletions: u32,
    pub(crate) commands: u32,
    /// The artifact that tells all of it.
    pub(crate) artifact: Option<String>,
    /// What the agent is told.
    pub(crate) text: String,
}
