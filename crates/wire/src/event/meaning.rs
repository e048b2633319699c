//! What an event says about the live session and about the run's control, in the domain's words.

use baton_domain::run::{
    control::{Agent, Capabilities, ControlEvent, PausedSaid, ResumedSaid, Used},
    session::{Links, Over, ReadySaid, SealedText, SessionEvent},
};

use super::{AgentCapabilities, Event, PausedHow, ResumedHow, SessionLinks, SessionOver};
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

/// What an event says about the run's control; none for other events.
pub(super) fn control_event(event: &Event) -> Option<ControlEvent> {
    Some(match event {
        Event::ControlDelivered(it) => ControlEvent::Delivered {
            command: it.command,
            refused: it.refused.clone(),
        },
        Event::TakeoverBegan(it) => ControlEvent::TakeoverBegan {
            command: it.command,
            by: it.by.clone(),
            expires_in_seconds: it.expires_in_seconds,
        },
        Event::TakeoverEnded(it) => ControlEvent::TakeoverEnded {
            takeover: it.takeover,
            end: it.end,
            command: it.command,
        },
        Event::MessageDelivered(it) => ControlEvent::MessageDelivered {
            message: it.message,
            via: it.via.clone(),
        },
        Event::MessageSeen(it) => ControlEvent::MessageSeen(it.message),
        Event::MessageDropped(it) => ControlEvent::MessageDropped {
            message: it.message,
            command: it.command,
            reason: it.reason.clone(),
        },
        Event::OperatorNeeded(it) => ControlEvent::HelpNeeded {
            help: it.help,
            kind: it.kind,
        },
        Event::OperatorNotNeeded(it) => ControlEvent::HelpClosed {
            help: it.help,
            end: it.end,
        },
        Event::BudgetReached(it) => ControlEvent::BudgetReached {
            budget: it.budget,
            limit: it.limit,
            used: it.used,
        },
        Event::BudgetRaised(it) => ControlEvent::BudgetRaised {
            budget: it.budget,
            limit: it.limit,
            used: it.used,
        },
        Event::AgentStarted { .. } => ControlEvent::AgentStarted(Box::new(agent(event)?)),
        Event::Usage {
            input_tokens,
            output_tokens,
            spent_cents,
            turns,
            ..
        } => ControlEvent::Used(Used {
            tokens: input_tokens.saturating_add(*output_tokens),
            spent_cents: *spent_cents,
            turns: *turns,
            diff_lines: None,
        }),
        Event::PatchWritten {
            insertions,
            deletions,
            ..
        } => ControlEvent::Used(Used {
            diff_lines: Some(u64::from(*insertions) + u64::from(*deletions)),
            ..Used::default()
        }),
        _ => return None,
    })
}

fn agent(event: &Event) -> Option<Agent> {
    let Event::AgentStarted {
        model,
        effort,
        mode,
        sandbox,
        approvals,
        capabilities,
        agent: _,
    } = event
    else {
        return None;
    };
    Some(Agent {
        mode: mode.clone(),
        model: model.clone(),
        effort: effort.clone(),
        sandbox: sandbox.clone(),
        approvals: approvals.clone(),
        capabilities: capabilities.map(Capabilities::from).unwrap_or_default(),
    })
}

impl From<AgentCapabilities> for Capabilities {
    fn from(it: AgentCapabilities) -> Self {
        Self {
            checkpoints: it.checkpoints,
            steering: it.steering,
            queued: it.queued,
            permissions: it.permissions,
            interactive: it.interactive,
        }
    }
}

impl From<Capabilities> for AgentCapabilities {
    fn from(it: Capabilities) -> Self {
        Self {
            checkpoints: it.checkpoints,
            steering: it.steering,
            queued: it.queued,
            permissions: it.permissions,
            interactive: it.interactive,
        }
    }
}

impl PausedHow {
    pub(super) fn to_domain(&self) -> PausedSaid {
        PausedSaid {
            method: self.method,
            cause: self.cause,
            command: self.command,
            before: self.before.clone(),
            escalated: self.escalated,
            resumes_in_ms: self.resumes_in_ms,
        }
    }
}

impl ResumedHow {
    pub(super) const fn to_domain(&self) -> ResumedSaid {
        ResumedSaid {
            cause: self.cause,
            command: self.command,
            paused_ms: self.paused_ms,
        }
    }
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
