//! What a worker started again has to know of an attempt's control: `control.json` in the attempt's
//! folder.

use std::{io, time::Duration};

use baton_domain::MessageState;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::state::State;
use crate::workspace::Workspace;

const FILE: &str = "control.json";

/// How an attempt's control stood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptControl {
    /// When it was noted, by the worker's clock; none before the first time.
    pub(super) at: Option<DateTime<Utc>>,
    /// How long the control had lasted by then.
    pub(super) now: Duration,
    pub(super) state: State,
}

impl KeptControl {
    /// How it stood.
    pub(crate) fn read(workspace: &Workspace) -> Self {
        workspace.read(FILE).unwrap_or_default()
    }

    /// How it stood in the former attempts at the same run that are kept.
    pub(super) fn of_formers(workspace: &Workspace) -> impl Iterator<Item = Self> {
        workspace.formers().filter_map(|former| former.read(FILE))
    }

    /// Keeps how it stands.
    pub(super) fn write(&self, workspace: &Workspace) -> io::Result<()> {
        workspace.write(FILE, self)
    }

    /// How long it has lasted by `at`.
    pub(super) fn lasted(&self, at: DateTime<Utc>) -> Duration {
        let since = self.at.map(|kept| at.signed_duration_since(kept));
        // Clocks may have been set back meanwhile.
        let since = since.and_then(|since| since.to_std().ok());
        self.now + since.unwrap_or_default()
    }

    /// The messages that the attempt's agent has seen.
    pub(super) fn seen(&self) -> Vec<Uuid> {
        let messages = self.state.messages.iter();
        let seen = messages.filter(|message| message.state == MessageState::Seen);
        seen.map(|message| message.id).collect()
    }

    /// Whether the agent was held by force.
    pub(crate) const fn is_forced(&self) -> bool {
        self.state.forced
    }
}
