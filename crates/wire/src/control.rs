//! Commands of operators, on a run's control subject.

use baton_domain::{Actor, RunId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A command, as published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlMessage {
    /// The run.
    pub run: RunId,
    /// The command's own id, chosen by the API.
    pub id: Uuid,
    /// Who wishes it.
    pub actor: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub command: ControlCommand,
}

/// What an operator can wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "action",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum ControlCommand {
    /// End the run.
    Cancel {
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A command of a later version: kept on record, without effect here.
    #[serde(other)]
    Unknown,
}
