//! Why a session cannot be shown through tmate: a word for machines, and what to do for people.

use super::{client::Line, reach::Unreached};
use crate::options::TmateRelayOptions;

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::session) enum Failed {
    #[error(
        "this worker has no tmate relay: set BATON_WORKER_TMATE_RELAY_HOST and the relay's \
         fingerprints there, or enable the session with provider web"
    )]
    NoRelay,
    #[error(
        "there is no program '{0}' on this worker: install the package tmate, or set \
         BATON_WORKER_TMATE_BIN there"
    )]
    NoClient(String),
    #[error("tmate cannot be started: {0}; look at the worker's state folder and its disk")]
    Start(String),
    #[error("the tmate relay {relay} cannot be reached: {why}")]
    Unreached { relay: String, why: Unreached },
    #[error(
        "the tmate relay {0} shows another host key than BATON_WORKER_TMATE_RSA_FINGERPRINT and \
         BATON_WORKER_TMATE_ED25519_FINGERPRINT say: find out why before you change them"
    )]
    Untrusted(String),
    #[error(
        "the tmate relay {0} does not let this worker in: look at its log, and whether it wants keys"
    )]
    Refused(String),
    #[error("the tmate relay {0} lets this worker in and gives no links: look at the relay's log")]
    Mute(String),
    #[error(
        "the API names no key to seal the link for typing to: {0}; see that it has session keys, as \
         `baton keys` makes them, and enable the session again"
    )]
    NoKey(String),
    #[error("the tmate relay {relay} was lost: {why}; enable the session again when it is back")]
    Lost { relay: String, why: String },
    #[error("the tmate client ended by itself; enable the session again")]
    ClientEnded,
}

impl Failed {
    /// A word for machines.
    pub(in crate::session) const fn code(&self) -> &'static str {
        match self {
            Self::NoRelay => "relay_unset",
            Self::NoClient(_) => "tmate_missing",
            Self::Start(_) => "tmate_broken",
            Self::Unreached { why, .. } => why.code(),
            Self::Untrusted(_) => "relay_untrusted",
            Self::Refused(_) => "relay_refused",
            Self::Mute(_) => "relay_mute",
            Self::NoKey(_) => "no_session_key",
            Self::Lost { .. } => "relay_lost",
            Self::ClientEnded => "tmate_ended",
        }
    }

    pub(super) fn unreached(relay: &TmateRelayOptions, why: Unreached) -> Self {
        let relay = name(relay);
        Self::Unreached { relay, why }
    }

    pub(super) fn mute(relay: &TmateRelayOptions) -> Self {
        Self::Mute(name(relay))
    }

    pub(super) fn lost(relay: &TmateRelayOptions, why: &str) -> Self {
        let (relay, why) = (name(relay), why.to_owned());
        Self::Lost { relay, why }
    }

    /// What trying again does not mend.
    pub(super) fn for_good(relay: &TmateRelayOptions, line: Line) -> Option<Self> {
        match line {
            Line::Untrusted => Some(Self::Untrusted(name(relay))),
            Line::Refused => Some(Self::Refused(name(relay))),
            Line::Lost | Line::Linked | Line::Ended => None,
        }
    }
}

fn name(relay: &TmateRelayOptions) -> String {
    format!("{}:{}", relay.host, relay.port)
}
