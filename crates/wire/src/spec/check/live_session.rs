//! Whether a run is to be watched from its start.

use baton_domain::{Provider, run::session::SessionWish};

use super::Checker;
use crate::spec::LiveSessionBody;

impl Checker {
    /// What is wished; none when nothing is. What is wrong is told of one that is switched off, too.
    pub(super) fn live_session(&mut self, body: Option<&LiveSessionBody>) -> Option<SessionWish> {
        let body = body?;
        let provider = self.optional("liveSession.provider", body.provider.as_deref(), |text| {
            text.parse::<Provider>()
                .map_err(|_| format!("'{text}' is unknown: use 'web' or 'tmate'"))
        });
        let ttl_minutes = self.bounded("liveSession.ttlMinutes", body.ttl_minutes, 1, 1_440, 60);
        let wish = SessionWish::new(
            provider.unwrap_or(Provider::Web),
            Some(u64::from(ttl_minutes) * 60),
        );
        body.enabled.then_some(wish)
    }
}
