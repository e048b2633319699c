//! What a relay has seen, for tests to wait on.

use std::collections::BTreeMap;

use russh::{ChannelId, server::Handle};

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct RelaySeen {
    /// How many hosts it has given links to.
    pub hosts: u64,
    /// How many hosts and viewers it has turned away.
    pub refused: u64,
    /// How many hosts have spoken to it, with or without getting links.
    pub spoke: u64,
    /// The host that is there.
    pub host: Option<HostSeen>,
}

/// One host, and what came from it.
#[derive(Debug, Clone)]
pub struct HostSeen {
    /// What viewers who may type sign in with.
    pub rw_token: String,
    /// What viewers who may only look sign in with.
    pub ro_token: String,
    /// The client's version.
    pub client: String,
    /// Its panes, in their order.
    pub panes: Vec<i64>,
    /// The output of each pane.
    pub output: BTreeMap<i64, Vec<u8>>,
    /// The output of all panes as it came, which is what a viewer's screen is made of.
    pub screen: Vec<u8>,
    /// Its configuration as far as viewers meet it.
    pub commands: Vec<Vec<String>>,
    pub(super) voice: Voice,
}

impl RelaySeen {
    /// Whether some pane's output holds `text`.
    #[must_use]
    pub fn shows(&self, text: &str) -> bool {
        self.host.as_ref().is_some_and(|host| host.shows(text))
    }

    pub(super) fn voice(&self) -> Option<Voice> {
        self.host.as_ref().map(|host| host.voice.clone())
    }
}

impl HostSeen {
    /// Whether some pane's output holds `text`.
    #[must_use]
    pub fn shows(&self, text: &str) -> bool {
        self.output
            .values()
            .any(|bytes| String::from_utf8_lossy(bytes).contains(text))
    }
}

/// The way to a host.
#[derive(Clone)]
pub(super) struct Voice {
    pub(super) handle: Handle,
    pub(super) channel: ChannelId,
}

impl Voice {
    /// Says a message. A host that is gone does not hear it.
    pub(super) async fn say(&self, message: Vec<u8>) {
        let _ = self.handle.data(self.channel, message).await;
    }
}

impl std::fmt::Debug for Voice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Voice").field(&self.channel).finish()
    }
}
