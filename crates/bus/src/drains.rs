//! The drains of some scopes, as a worker hears them: live, and read again whenever something may
//! have been missed.

use std::{collections::BTreeMap, time::Duration};

use async_nats::Subscriber;
use baton_domain::{Drain, DrainScope};
use baton_wire::{Decoded, DrainMessage, Filter, Subject};
use futures::StreamExt as _;
use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior, interval},
};

use crate::{connect::Bus, connection::Connection, error::BusError, retry::Pauses};

/// The drains of some scopes. Dropping it ends the subscription.
#[derive(Debug)]
pub struct DrainFeed {
    bus: Bus,
    live: Subscriber,
    connection: watch::Receiver<Connection>,
    looks: Interval,
    /// Whether the stored messages have to be read (again).
    behind: bool,
    known: BTreeMap<DrainScope, Option<DrainMessage>>,
}

impl Bus {
    /// The drains of some scopes, read again every `look_every` besides: a message that is lost on
    /// its way is made up for.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the subscription.
    pub async fn drains(
        &self,
        scopes: impl IntoIterator<Item = DrainScope>,
        look_every: Duration,
    ) -> Result<DrainFeed, BusError> {
        let mut connection = self.connection();
        connection.mark_unchanged();
        let live = self
            .client()
            .subscribe(Filter::Fleet.to_string())
            .await
            .map_err(BusError::unavailable)?;
        // The broker must know the subscription before anything is read.
        self.flush().await?;
        let mut looks = interval(look_every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.reset();
        Ok(DrainFeed {
            bus: self.clone(),
            live,
            connection,
            looks,
            behind: true,
            known: scopes.into_iter().map(|scope| (scope, None)).collect(),
        })
    }
}

impl Bus {
    /// What was wished last of a scope.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer.
    pub async fn last_drain(&self, scope: &DrainScope) -> Result<Option<DrainMessage>, BusError> {
        let scope = scope.clone();
        let last = self.last_of(&Subject::Drain { scope }.to_string()).await?;
        Ok(last.and_then(|message| understood(&message.subject, &message.payload)))
    }
}

impl DrainFeed {
    /// All drains of the scopes, once something about them was heard or read; also those that have
    /// ended by themselves. `None` when the client was closed. May be cancelled at any time.
    pub async fn next(&mut self) -> Option<Vec<Drain>> {
        loop {
            if self.behind {
                self.read().await;
                self.behind = false;
                return Some(self.drains());
            }
            tokio::select! {
                message = self.live.next() => {
                    if self.take(&message?) {
                        return Some(self.drains());
                    }
                }
                changed = self.connection.changed() => {
                    changed.ok()?;
                    self.behind = true;
                }
                _ = self.looks.tick() => self.behind = true,
            }
        }
    }

    /// Takes a message in; whether it is about one of the scopes.
    fn take(&mut self, message: &async_nats::Message) -> bool {
        let said = understood(&message.subject, &message.payload);
        let Some((known, said)) =
            said.and_then(|said| Some((self.known.get_mut(&said.scope)?, said)))
        else {
            return false;
        };
        *known = Some(said);
        true
    }

    async fn read(&mut self) {
        let scopes: Vec<DrainScope> = self.known.keys().cloned().collect();
        for scope in scopes {
            let last = Box::pin(self.last(&scope)).await;
            self.known.insert(scope, last);
        }
    }

    async fn last(&self, scope: &DrainScope) -> Option<DrainMessage> {
        let mut pauses = Pauses::new();
        loop {
            self.bus.up().await;
            match self.bus.last_drain(scope).await {
                Ok(last) => return last,
                Err(error) => tracing::debug!(%error, %scope, "reading a drain again"),
            }
            pauses.pause().await;
        }
    }

    fn drains(&self) -> Vec<Drain> {
        let said = self.known.values().flatten();
        said.filter_map(DrainMessage::drain).collect()
    }
}

fn understood(subject: &str, payload: &[u8]) -> Option<DrainMessage> {
    match Decoded::read(subject, payload) {
        Ok((_, Decoded::Drain(drain))) => Some(drain),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%error, "a message to the fleet cannot be read");
            None
        }
    }
}
