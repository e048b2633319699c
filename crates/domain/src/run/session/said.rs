//! What the holder of a run says about its session, taken in.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    AuditChain, Maker, Open, Opening, Over, Ready, ReadySaid, Revoked, RevokedBy, Session,
    SessionEvent, SessionState, SessionWish,
};
use crate::{
    ids::{Attempt, Fence, Generation},
    names::WorkerId,
    run::Refusal,
    session::{GrantId, SessionHealth},
};

type Step = Result<(), Refusal>;

/// Who speaks, under which attempt, and when.
pub(in crate::run) struct Said<'a> {
    pub(in crate::run) worker: &'a WorkerId,
    pub(in crate::run) attempt: Attempt,
    pub(in crate::run) at: DateTime<Utc>,
}

impl Session {
    pub(in crate::run) fn said(&mut self, event: &SessionEvent, said: &Said<'_>) -> Step {
        match event {
            SessionEvent::Starting {
                generation,
                provider,
                ttl_seconds,
            } => self.starting(*generation, SessionWish::new(*provider, *ttl_seconds), said),
            SessionEvent::Ready(ready) => self.ready(ready, said),
            SessionEvent::LinksChanged(generation, links) => {
                self.open_as(*generation)?.links = links.clone();
                Ok(())
            }
            SessionEvent::Health {
                generation,
                health,
                reason,
            } => {
                let ready = self.open_as(*generation)?;
                (ready.health, ready.health_reason) = (*health, reason.clone());
                Ok(())
            }
            SessionEvent::Heartbeat(generation) => {
                self.open_as(*generation)?.open.heartbeat_at = said.at;
                Ok(())
            }
            SessionEvent::Ended(generation, over) => self.ended(*generation, over, said.at),
            SessionEvent::Failed(generation, over) => self.failed(*generation, over, said.at),
            SessionEvent::Revoked(generation, over) => self.torn_down(*generation, over, said.at),
            SessionEvent::Gate { fence, grant } => self.gate(*fence, *grant, said.at),
            SessionEvent::WriteEnded { fence, grant } => self.write_ended(*fence, *grant),
            SessionEvent::Typed { hash } => self.typed(said.attempt, hash),
        }
    }

    /// The worker may begin on its own what failed before, as long as it is wanted.
    fn starting(&mut self, generation: Generation, wish: SessionWish, said: &Said<'_>) -> Step {
        match (&self.state, self.wish) {
            (SessionState::Starting(_), _) => {}
            (SessionState::Ready(ready), _) if generation <= ready.open.maker.generation => {
                return Err(Refusal::WrongState);
            }
            (
                SessionState::Ready(_) | SessionState::Ended(..) | SessionState::Error(..),
                Some(_),
            ) => {
                self.begin_again(wish, said.at);
            }
            _ => return Err(Refusal::WrongState),
        }
        let SessionState::Starting(opening) = &mut self.state else {
            return Err(Refusal::WrongState);
        };
        if let Some(maker) = &opening.maker
            && maker.worker == *said.worker
            && generation <= maker.generation
        {
            return Err(Refusal::WrongState);
        }
        opening.wish = wish;
        opening.maker = Some(Maker {
            worker: said.worker.clone(),
            generation,
            since: said.at,
        });
        Ok(())
    }

    fn ready(&mut self, ready: &ReadySaid, said: &Said<'_>) -> Step {
        let SessionState::Starting(opening) = &self.state else {
            return Err(Refusal::WrongState);
        };
        let maker = opening.maker.as_ref().ok_or(Refusal::WrongState)?;
        if maker.generation != ready.generation {
            return Err(Refusal::WrongState);
        }
        let mut opening = Opening::clone(opening);
        opening.wish.provider = ready.provider;
        let ttl = opening.wish.ttl_seconds.map(seconds);
        self.state = SessionState::Ready(Box::new(Ready {
            open: Open {
                maker: maker.clone(),
                ready_at: said.at,
                expires_at: ttl.map(|ttl| said.at + ttl),
                hostname: ready.hostname.clone(),
                heartbeat_at: said.at,
            },
            opening,
            links: ready.links.clone(),
            health: SessionHealth::Ready,
            health_reason: None,
            writer: None,
        }));
        Ok(())
    }

    /// The session that can be joined, when it is the one that the worker speaks of.
    fn open_as(&mut self, generation: Generation) -> Result<&mut Ready, Refusal> {
        match &mut self.state {
            SessionState::Ready(ready) if ready.open.maker.generation == generation => Ok(ready),
            _ => Err(Refusal::WrongState),
        }
    }

    /// Whether the worker speaks of the session that is live.
    fn speaks_of(&self, generation: Generation) -> bool {
        let maker = match &self.state {
            SessionState::Starting(opening) => opening.maker.as_ref(),
            SessionState::Ready(ready) => Some(&ready.open.maker),
            _ => None,
        };
        maker.is_some_and(|maker| maker.generation == generation)
    }

    fn ended(&mut self, generation: Generation, over: &Over, at: DateTime<Utc>) -> Step {
        if let SessionState::Revoked(revoked) = &mut self.state {
            return revoked.torn_down(at);
        }
        if !self.speaks_of(generation) {
            return Err(Refusal::WrongState);
        }
        let closed = self.close(at).ok_or(Refusal::WrongState)?;
        self.state = SessionState::Ended(Box::new(closed), over.clone());
        Ok(())
    }

    /// A session may fail before it is begun with.
    fn failed(&mut self, generation: Generation, over: &Over, at: DateTime<Utc>) -> Step {
        let unmade =
            matches!(&self.state, SessionState::Starting(opening) if opening.maker.is_none());
        if !unmade && !self.speaks_of(generation) {
            return Err(Refusal::WrongState);
        }
        let closed = self.close(at).ok_or(Refusal::WrongState)?;
        self.state = SessionState::Error(Box::new(closed), over.clone());
        Ok(())
    }

    /// The operator's wish has ended it before; a worker ends what lasts too long by itself.
    fn torn_down(&mut self, generation: Generation, over: &Over, at: DateTime<Utc>) -> Step {
        if let SessionState::Revoked(revoked) = &mut self.state {
            return revoked.torn_down(at);
        }
        if !self.speaks_of(generation) {
            return Err(Refusal::WrongState);
        }
        let closed = self.close(at).ok_or(Refusal::WrongState)?;
        self.wish = None;
        self.state = SessionState::Revoked(Box::new(Revoked {
            closed,
            by: RevokedBy::Worker(over.clone()),
            torn_down_at: Some(at),
        }));
        Ok(())
    }

    /// The gate obeys what the API has said: it cannot be ahead of that.
    fn gate(&mut self, fence: Fence, grant: Option<GrantId>, at: DateTime<Utc>) -> Step {
        let SessionState::Ready(ready) = &mut self.state else {
            return Err(Refusal::WrongState);
        };
        if self.fence != Some(fence) {
            return Err(Refusal::StaleFence);
        }
        if let Some(writer) = &mut ready.writer
            && grant == Some(writer.grant)
        {
            writer.gate_at = Some(at);
        }
        Ok(())
    }

    /// The end of a grant that another has replaced is told, and changes nothing.
    fn write_ended(&mut self, fence: Fence, grant: GrantId) -> Step {
        if self.fence.is_none_or(|last| fence > last) {
            return Err(Refusal::StaleFence);
        }
        if let SessionState::Ready(ready) = &mut self.state
            && self.fence == Some(fence)
            && ready.writer.as_ref().is_some_and(|it| it.grant == grant)
        {
            ready.writer = None;
        }
        Ok(())
    }

    /// What was typed was typed, wherever the session stands by now.
    fn typed(&mut self, attempt: Attempt, hash: &str) -> Step {
        if self.state == SessionState::Disabled {
            return Err(Refusal::WrongState);
        }
        let known = self.audit.iter_mut().find(|it| it.attempt == attempt);
        if let Some(chain) = known {
            hash.clone_into(&mut chain.head);
            chain.count += 1;
        } else {
            self.audit.push(AuditChain {
                attempt,
                head: hash.to_owned(),
                count: 1,
            });
        }
        Ok(())
    }
}

impl Revoked {
    fn torn_down(&mut self, at: DateTime<Utc>) -> Step {
        if self.torn_down_at.is_some() {
            return Err(Refusal::WrongState);
        }
        self.torn_down_at = Some(at);
        Ok(())
    }
}

/// A time to live as a span of time.
fn seconds(ttl: u64) -> TimeDelta {
    let ttl = ttl.min(SessionWish::MAX_TTL);
    TimeDelta::seconds(i64::try_from(ttl).unwrap_or(i64::MAX))
}
