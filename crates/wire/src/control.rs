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
    /// Try a run again that has failed or was dead-lettered; its failures count from 0 again.
    Redrive {
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Take the lease away from its holder, so that the run is offered again at once; the
    /// supervisor carries it out.
    ReleaseLease {
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A command of a later version: kept on record, without effect here.
    #[serde(other)]
    Unknown,
}

impl ControlCommand {
    /// The reason given, for the record.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Cancel { note } | Self::Redrive { note } | Self::ReleaseLease { note } => {
                note.as_deref()
            }
            Self::Unknown => None,
        }
    }

    /// What it is on record as.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Cancel { .. } => "cancel_requested",
            Self::Redrive { .. } => "redriven",
            Self::ReleaseLease { .. } => "release_requested",
            Self::Unknown => "unknown_command",
        }
    }
}
