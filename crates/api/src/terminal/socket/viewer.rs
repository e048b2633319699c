//! Who watches, and under what right that one types.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use baton_domain::{GrantId, WorkerId};
use baton_wire::{
    Frame, TerminalMessage,
    terminal::{Refused, Subscribe, TerminalSaid, TypedSeq},
};
use chrono::{DateTime, Utc};
use tokio::time::timeout;

use crate::{
    identity::Identity,
    state::App,
    terminal::{
        right,
        room::{Place, Room},
    },
};

/// How long the broker may take to say who may type.
const ANSWER: Duration = Duration::from_secs(2);

/// A viewer.
pub(super) struct Viewer {
    app: App,
    place: Place,
    /// Changes with the token's role.
    asker: Mutex<Arc<Identity>>,
    /// The grant whose key was shown.
    right: Mutex<Option<GrantId>>,
}

impl Viewer {
    pub(super) fn new(app: App, asker: Arc<Identity>, place: Place) -> Self {
        Self {
            app,
            place,
            asker: Mutex::new(asker),
            right: Mutex::new(None),
        }
    }

    pub(super) const fn app(&self) -> &App {
        &self.app
    }

    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn room(&self) -> &Arc<Room> {
        self.place.room()
    }

    pub(super) fn time(&self) -> DateTime<Utc> {
        self.app.clock().now()
    }

    pub(super) fn asker(&self) -> Arc<Identity> {
        Arc::clone(&self.asker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins, or begins again, where the viewer wishes to.
    pub(super) async fn begin(&self, wish: &Subscribe) {
        let right = match (wish.grant, &wish.write_key) {
            (Some(grant), Some(key)) => Some((grant, self.claim(grant, key).await)),
            _ => None,
        };
        let good = right.as_ref().filter(|(_, judged)| judged.is_ok());
        self.set_right(good.map(|(grant, _)| *grant));
        self.place.begin(wish, self.time());
        if let Some((grant, Err(reason))) = right {
            self.refuse(grant, None, reason);
        }
    }

    /// Whoever asks may do other things now.
    pub(super) fn is_now(&self, asker: Arc<Identity>) {
        *self.asker.lock().unwrap_or_else(PoisonError::into_inner) = asker;
        self.look_at_right();
    }

    /// Takes the right to type away if it is no longer good.
    pub(super) fn look_at_right(&self) {
        let Some(grant) = self.right() else { return };
        if let Err(reason) = self.holds(grant) {
            self.set_right(None);
            self.place.tell(&Frame::Said(TerminalSaid {
                kind: "notice".to_owned(),
                text: format!("you can watch but not type any more: {reason}"),
            }));
        }
    }

    /// Hands a wish on to the worker whose gate decides about it, or says why not.
    pub(super) async fn hand_on(&self, grant: GrantId, seq: Option<TypedSeq>, frame: Frame) {
        if let Err(reason) = self.try_hand_on(grant, frame).await {
            self.refuse(grant, seq, reason);
        }
    }

    async fn try_hand_on(&self, grant: GrantId, frame: Frame) -> Result<(), &'static str> {
        if self.right() != Some(grant) {
            return Err("this connection did not show the key of the grant: it can only watch");
        }
        self.holds(grant)?;
        let (attempt, worker) = self.holder().ok_or("no worker has the run now")?;
        let message = TerminalMessage {
            attempt,
            epoch: 0,
            frames: vec![frame],
        };
        let room = self.room();
        let sent = self
            .app
            .bus()
            .type_in(&worker, room.run, room.terminal, &message);
        match timeout(ANSWER, sent).await {
            Ok(Ok(())) => Ok(()),
            _ => Err("the broker is away: it was not typed"),
        }
    }

    fn holder(&self) -> Option<(baton_domain::Attempt, WorkerId)> {
        let now = self.room().now();
        let now = now.borrow();
        let (attempt, worker) = now.holder()?;
        Some((attempt, worker.clone()))
    }

    /// Judges a grant and its key by the last that the broker has.
    async fn claim(&self, grant: GrantId, key: &str) -> Result<(), &'static str> {
        let last = timeout(ANSWER, self.app.bus().last_grant(self.room().run)).await;
        let Ok(Ok(last)) = last else {
            return Err("the grant cannot be looked up now: the broker is away");
        };
        let last = last.map(|(last, _)| last);
        let (asker, terminal) = (self.asker(), self.room().terminal);
        let judged = right::claimed(last.as_ref(), (grant, key), &asker, terminal);
        self.room().set_grant(last);
        judged
    }

    fn holds(&self, grant: GrantId) -> Result<(), &'static str> {
        let last = self.room().grant();
        let last = last.borrow();
        let (asker, terminal) = (self.asker(), self.room().terminal);
        right::holds(last.as_ref(), grant, &asker, terminal).map(|_| ())
    }

    fn right(&self) -> Option<GrantId> {
        *self.right.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_right(&self, right: Option<GrantId>) {
        *self.right.lock().unwrap_or_else(PoisonError::into_inner) = right;
        self.place.types_under(right);
    }

    fn refuse(&self, grant: GrantId, seq: Option<TypedSeq>, reason: &str) {
        let grant = Some(grant);
        let reason = reason.to_owned();
        self.place
            .tell(&Frame::Refused(Refused { seq, grant, reason }));
    }
}
