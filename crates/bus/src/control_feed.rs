//! The commands for one run, as its holder hears them: live, with what was said before and what
//! was missed while the broker was away.

use std::collections::VecDeque;

use async_nats::Subscriber;
use baton_domain::RunId;
use baton_wire::{ControlMessage, Decoded, Subject};
use futures::StreamExt as _;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{connect::Bus, connection::Connection, error::BusError, retry::Pauses};

/// How many commands are remembered, so that none is handed out twice.
const REMEMBERED: usize = 64;

/// The commands for one run. Dropping it ends the subscription.
#[derive(Debug)]
pub struct ControlFeed {
    bus: Bus,
    subject: String,
    live: Subscriber,
    connection: watch::Receiver<Connection>,
    /// Whether the last stored command has to be read (again).
    behind: bool,
    seen: VecDeque<Uuid>,
}

impl Bus {
    /// Opens the feed of a run's commands; its first item is the last command that was stored, if
    /// there is one.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the subscription.
    pub async fn control_feed(&self, run: RunId) -> Result<ControlFeed, BusError> {
        let subject = Subject::Control { run }.to_string();
        let mut connection = self.connection();
        connection.mark_unchanged();
        let live = self
            .client()
            .subscribe(subject.clone())
            .await
            .map_err(BusError::unavailable)?;
        // The broker must know the subscription before the last command is read.
        self.flush().await?;
        Ok(ControlFeed {
            bus: self.clone(),
            subject,
            live,
            connection,
            behind: true,
            seen: VecDeque::new(),
        })
    }
}

impl ControlFeed {
    /// The next command; `None` when the client was closed. May be cancelled at any time.
    pub async fn next(&mut self) -> Option<ControlMessage> {
        loop {
            if self.behind {
                let last = Box::pin(self.last()).await;
                self.behind = false;
                if let Some(command) = last.and_then(|command| self.unseen(command)) {
                    return Some(command);
                }
            }
            tokio::select! {
                message = self.live.next() => {
                    let message = message?;
                    let command = read(&self.subject, &message.payload);
                    if let Some(command) = command.and_then(|command| self.unseen(command)) {
                        return Some(command);
                    }
                }
                changed = self.connection.changed() => {
                    changed.ok()?;
                    // Something may have been said while nobody listened.
                    self.behind = true;
                }
            }
        }
    }

    /// Waits until the last stored command is read, and returns it unless [`next`](Self::next)
    /// did: a holder must know it before it begins. May be cancelled at any time.
    pub async fn caught_up(&mut self) -> Option<ControlMessage> {
        let last = Box::pin(self.last()).await;
        self.behind = false;
        last.and_then(|command| self.unseen(command))
    }

    async fn last(&self) -> Option<ControlMessage> {
        let mut pauses = Pauses::new();
        loop {
            self.bus.up().await;
            match self.bus.last_of(&self.subject).await {
                Ok(message) => return read(&self.subject, &message?.payload),
                Err(error) => tracing::debug!(%error, "reading the last command again"),
            }
            pauses.pause().await;
        }
    }

    fn unseen(&mut self, command: ControlMessage) -> Option<ControlMessage> {
        if self.seen.contains(&command.id) {
            return None;
        }
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(command.id);
        Some(command)
    }
}

fn read(subject: &str, payload: &[u8]) -> Option<ControlMessage> {
    match Decoded::read(subject, payload) {
        Ok((_, Decoded::Control(command))) => Some(command),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%error, "a command cannot be read");
            None
        }
    }
}
