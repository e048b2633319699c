//! Drains, on the fleet's own subjects: the last message of a scope says whether it is drained.

use baton_domain::{Actor, Drain, DrainScope, DrainedRuns};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A wish that workers of a scope take no more runs, or that they take some again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainMessage {
    /// Who is to take no more: `fleet`, `pool.<pool>` or `worker.<worker>`.
    pub scope: DrainScope,
    /// The wish's own id, chosen by the API.
    pub id: Uuid,
    /// What is wished.
    pub action: DrainAction,
    /// Why, for a person.
    pub note: String,
    /// Who wishes it.
    pub actor: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// When the drain ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// What becomes of the runs that are held; finished, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<DrainedRuns>,
}

/// What is wished of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrainAction {
    /// Take no more.
    Drain,
    /// Take runs again.
    Undrain,
}

impl DrainMessage {
    /// The drain that it begins; none when it ends one.
    #[must_use]
    pub fn drain(&self) -> Option<Drain> {
        (self.action == DrainAction::Drain).then(|| Drain {
            scope: self.scope.clone(),
            actor: self.actor.clone(),
            note: self.note.clone(),
            since: self.at,
            until: self.until,
            runs: self.runs.unwrap_or(DrainedRuns::Finish),
        })
    }
}
