//! What the API can be told of live sessions and of the right to type into them.

use std::{sync::Arc, time::Duration};

use baton_domain::Provider;
use baton_keys::KeySet;
use baton_wire::spec::LiveSessionBody;

/// Live sessions, and the right to type into them.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// By what means runs have a live session without being asked; none: they have none.
    pub by_default: Option<Provider>,
    /// How long a session lasts that does not say so itself.
    pub session_ttl: Duration,
    /// How long somebody may type who does not say so.
    pub grant_ttl: Duration,
    /// Which web pages of a tmate relay are told.
    pub web_links: WebLinks,
    /// How many may watch at once.
    pub viewers: ViewerLimits,
    /// What signs who may type. Without it nobody can.
    pub keys: Option<Arc<KeySet>>,
}

/// How many connections to terminals there may be at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewerLimits {
    /// On this server, whoever has them.
    pub server: usize,
    /// To the terminals of one run on this server.
    pub run: usize,
    /// Under one name on this server.
    pub name: usize,
}

impl Default for ViewerLimits {
    /// Enough for walls of screens. What waits for a viewer is bounded, and shared with those who
    /// wait for the same.
    fn default() -> Self {
        Self {
            server: 4_096,
            run: 1_000,
            name: 1_000,
        }
    }
}

/// Which web pages of a tmate relay are told. Each tells what the one before it does, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WebLinks {
    /// None.
    None,
    /// Those to watch.
    ToWatch,
    /// Those to type as well.
    ToType,
}

impl LiveOptions {
    /// How long a session lasts that does not say so itself.
    pub const DEFAULT_SESSION_TTL: Duration = Duration::from_secs(60 * 60);
    /// How long somebody may type who does not say so.
    pub const DEFAULT_GRANT_TTL: Duration = Duration::from_secs(15 * 60);
}

impl LiveOptions {
    /// What a submission wants that does not say, as a request says it.
    pub(crate) fn by_default(&self) -> LiveSessionBody {
        let minutes = (self.session_ttl.as_secs() / 60).clamp(1, 1_440);
        LiveSessionBody {
            enabled: self.by_default.is_some(),
            provider: self.by_default.map(String::from),
            ttl_minutes: u32::try_from(minutes).ok(),
        }
    }
}

impl Default for LiveOptions {
    /// No sessions unless somebody asks, no web pages, no keys.
    fn default() -> Self {
        Self {
            by_default: None,
            session_ttl: Self::DEFAULT_SESSION_TTL,
            grant_ttl: Self::DEFAULT_GRANT_TTL,
            web_links: WebLinks::None,
            viewers: ViewerLimits::default(),
            keys: None,
        }
    }
}
