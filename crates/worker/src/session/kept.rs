//! What a worker started again has to know of an attempt's session: `session.json` in the
//! attempt's folder.

use std::io;

use baton_domain::Generation;
use baton_wire::event::SessionLinks;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Wish;
use crate::workspace::Workspace;

const FILE: &str = "session.json";

/// The session of an attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeptSession {
    /// Which session of the attempt; none before the first.
    pub(super) generation: Option<Generation>,
    /// The one that is not over.
    pub(super) live: Option<KeptLive>,
    /// The commands that were obeyed.
    pub(super) obeyed: Vec<Uuid>,
}

/// A session that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeptLive {
    pub(super) wish: Wish,
    /// When it was ready first, by the worker's clock, and where it is now.
    pub(super) ready: Option<(DateTime<Utc>, SessionLinks)>,
}

impl KeptSession {
    /// How it stood.
    pub(super) fn read(workspace: &Workspace) -> Self {
        workspace.read(FILE).unwrap_or_default()
    }

    /// Keeps how it stands.
    pub(super) fn write(&self, workspace: &Workspace) -> io::Result<()> {
        workspace.write(FILE, self)
    }

    /// Notes that a command is obeyed; says whether it was not before.
    pub(super) fn note(&mut self, command: Uuid) -> bool {
        let news = !self.obeyed.contains(&command);
        if news {
            self.obeyed.push(command);
        }
        news
    }

    /// Begins the next session.
    pub(super) fn begin(&mut self, wish: Wish) -> Generation {
        let next = self.generation.map_or(Generation::FIRST, Generation::next);
        self.generation = Some(next);
        self.live = Some(KeptLive { wish, ready: None });
        next
    }
}
