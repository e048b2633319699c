//! What operators wish of a session and what becomes of its run. Nobody but the fold of the run takes
//! these steps.

use chrono::{DateTime, Utc};

use super::{
    Closed, GrantFact, Opening, Over, Revoked, RevokedBy, Session, SessionState, SessionWish,
    Writer,
};
use crate::{ids::Generation, names::Actor, run::Refusal};

type Step = Result<(), Refusal>;

/// What operators wish.
impl Session {
    /// Somebody wants one: it begins, unless there is one.
    pub(in crate::run) fn enable(
        &mut self,
        wish: SessionWish,
        by: &Actor,
        at: DateTime<Utc>,
    ) -> Step {
        if self.state.is_live() {
            return Err(Refusal::Duplicate);
        }
        self.wish = Some(wish);
        self.begin(wish, by.clone(), at);
        Ok(())
    }

    /// Somebody takes it away, or the one that the next attempt would have.
    pub(in crate::run) fn revoke(
        &mut self,
        actor: &Actor,
        note: Option<&String>,
        at: DateTime<Utc>,
    ) -> Step {
        if !self.state.is_live() && self.wish.is_none() {
            return Err(Refusal::WrongState);
        }
        let closed = self.close(at).ok_or(Refusal::WrongState)?;
        let by = RevokedBy::Operator {
            actor: actor.clone(),
            note: note.cloned(),
        };
        self.wish = None;
        self.state = SessionState::Revoked(Box::new(Revoked {
            closed,
            by,
            torn_down_at: None,
        }));
        Ok(())
    }

    /// The secrets of a session are sealed to another key.
    pub(in crate::run) fn reseal(
        &mut self,
        generation: Generation,
        sealed: &super::SealedText,
    ) -> Step {
        match &mut self.state {
            SessionState::Ready(ready)
                if ready.opening.generation == generation && ready.links.sealed.is_some() =>
            {
                ready.links.sealed = Some(sealed.clone());
                Ok(())
            }
            _ => Err(Refusal::WrongState),
        }
    }

    /// A grant was made, renewed or taken back.
    pub(in crate::run) fn grant(&mut self, grant: &GrantFact, at: DateTime<Utc>) -> Step {
        if self.fence.is_some_and(|last| grant.fence <= last) {
            return Err(Refusal::StaleFence);
        }
        let SessionState::Ready(ready) = &mut self.state else {
            return Err(Refusal::WrongState);
        };
        ready.writer = grant.writer.as_ref().map(|given| {
            Box::new(Writer {
                grant: given.grant,
                holder: given.holder.clone(),
                role: given.role,
                channel: given.channel,
                terminals: given.terminals.clone(),
                reason: given.reason.clone(),
                granted_at: at,
                until: at + given.ttl,
                gate_at: None,
            })
        });
        self.fence = Some(grant.fence);
        Ok(())
    }
}

/// What becomes of the run.
impl Session {
    /// An attempt has begun: it has a session if one is still wanted.
    pub(in crate::run) fn attempt_began(&mut self, at: DateTime<Utc>) {
        if let Some(wish) = self.wish
            && !self.state.is_live()
        {
            self.begin_again(wish, at);
        }
    }

    /// The attempt, or the run, is over, and the session with it.
    pub(in crate::run) fn attempt_over(&mut self, code: &str, reason: &str, at: DateTime<Utc>) {
        if self.state.is_live()
            && let Some(closed) = self.close(at)
        {
            let over = Over {
                code: code.to_owned(),
                reason: reason.to_owned(),
            };
            self.state = SessionState::Ended(Box::new(closed), over);
        }
    }
}

impl Session {
    fn begin(&mut self, wish: SessionWish, by: Actor, at: DateTime<Utc>) {
        let generation = self
            .generation()
            .map_or(Generation::FIRST, Generation::next);
        self.state = SessionState::Starting(Box::new(Opening {
            generation,
            wish,
            requested_at: at,
            requested_by: by,
            maker: None,
        }));
    }

    /// One more, for whoever wanted the one before.
    pub(super) fn begin_again(&mut self, wish: SessionWish, at: DateTime<Utc>) {
        if let Some(opening) = self.state.opening() {
            let by = opening.requested_by.clone();
            self.begin(wish, by, at);
        }
    }

    /// What is left when it is over; none when it never was.
    pub(super) fn close(&self, at: DateTime<Utc>) -> Option<Closed> {
        Some(Closed {
            opening: self.state.opening()?.clone(),
            open: self.state.open().cloned(),
            at,
        })
    }
}
