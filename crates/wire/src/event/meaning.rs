//! What an event says about the live session, in the domain's words.

use baton_domain::run::session::{Links, Over, ReadySaid, SealedText, SessionEvent};

use super::{Event, SessionLinks, SessionOver};
use crate::grant::Sealed;

/// What an event says about the session; none for other events.
pub(super) fn session_event(event: &Event) -> Option<SessionEvent> {
    Some(match event {
        Event::SessionStarting(it) => SessionEvent::Starting {
            generation: it.generation,
            provider: it.provider,
            ttl_seconds: it.ttl_seconds,
        },
        Event::SessionReady(it) => SessionEvent::Ready(Box::new(ReadySaid {
            generation: it.generation,
            provider: it.provider,
            links: links(&it.links),
            hostname: it.hostname.clone(),
        })),
        Event::SessionLinksChanged(it) => {
            SessionEvent::LinksChanged(it.generation, links(&it.links))
        }
        Event::SessionHealth(it) => SessionEvent::Health {
            generation: it.generation,
            health: it.health,
            reason: it.reason.clone(),
        },
        Event::SessionHeartbeat(it) => SessionEvent::Heartbeat(it.generation),
        Event::SessionEnded(it) => SessionEvent::Ended(it.generation, over(it)),
        Event::SessionFailed(it) => SessionEvent::Failed(it.generation, over(it)),
        Event::SessionRevoked(it) => SessionEvent::Revoked(it.generation, over(it)),
        Event::WriteGate(it) => SessionEvent::Gate {
            fence: it.fence,
            grant: it.grant,
        },
        Event::WriteEnded(it) => SessionEvent::WriteEnded {
            fence: it.fence,
            grant: it.grant,
        },
        Event::InputTyped(it) => SessionEvent::Typed {
            hash: it.hash.clone(),
        },
        _ => return None,
    })
}

fn links(links: &SessionLinks) -> Links {
    Links {
        attach_ro: links.attach_ro.clone(),
        web_ro: links.web_ro.clone(),
        sealed: links.sealed.as_ref().map(sealed),
    }
}

pub(crate) fn sealed(sealed: &Sealed) -> SealedText {
    SealedText {
        key_id: sealed.key_id.clone(),
        text: sealed.sealed.clone(),
    }
}

fn over(over: &SessionOver) -> Over {
    Over {
        code: over.code.clone(),
        reason: over.reason.clone(),
    }
}
