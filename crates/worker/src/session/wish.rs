//! What operators wish of a run's session.

use std::time::Duration;

use baton_domain::{Provider, RunSpec};
use baton_wire::{ControlCommand, ControlMessage};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A session as it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wish {
    pub(crate) provider: Provider,
    /// For how long from when it is ready, in seconds; none: as long as the run lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ttl_seconds: Option<u64>,
}

/// A command about the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionCommand {
    pub(crate) id: Uuid,
    /// What is wanted; none: that there is no session.
    pub(crate) wish: Option<Wish>,
}

impl Wish {
    pub(super) fn ttl(&self) -> Option<Duration> {
        self.ttl_seconds.map(Duration::from_secs)
    }

    /// What the run was submitted with.
    pub(crate) fn of_spec(spec: &RunSpec) -> Option<Self> {
        spec.live_session.map(|wish| Self {
            provider: wish.provider,
            ttl_seconds: wish.ttl_seconds,
        })
    }
}

impl SessionCommand {
    /// The part of a command that is about the session.
    pub(crate) fn of(message: &ControlMessage) -> Option<Self> {
        let id = message.id;
        match message.command {
            ControlCommand::EnableSession {
                provider,
                ttl_seconds,
                ..
            } => Some(Self {
                id,
                wish: Some(Wish {
                    provider,
                    ttl_seconds,
                }),
            }),
            ControlCommand::RevokeSession { .. } => Some(Self { id, wish: None }),
            _ => None,
        }
    }
}
