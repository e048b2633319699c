//! Terminals: what they show goes out as core messages that TERM and TERM_KEYS capture, and is
//! read as a [feed](Bus::terminal_feed) or as [all that is kept](Bus::recording); what is typed
//! and who may type is handed to the holder of a run at once, and kept by nobody here.

mod feed;
mod kept;
mod seen;
mod splice;

use baton_domain::{Position, RunId, TerminalName, WorkerId};
use baton_wire::{Decoded, Filter, GrantMessage, Subject, TerminalMessage};
use bytes::Bytes;
use futures::{FutureExt as _, Stream, StreamExt as _};
use tokio::task::unconstrained;

pub use feed::TerminalFeed;
pub use kept::KeptTerminal;
pub use splice::Fed;

use crate::{connect::Bus, connection::Connection, error::BusError};

/// Why something that a terminal shows was not sent. It is lost to the broker; whoever says it
/// publishes a whole screen later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The client's buffer has no room: the network is slower than the terminal.
    #[error("the client's buffer is full")]
    Full,
    /// The broker cannot be heard.
    #[error("the broker is away")]
    Away,
    /// The subject is no terminal's, or the client was closed.
    #[error("the client does not take it")]
    Refused,
}

/// Something typed, as its worker hears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedIn {
    /// Into which run.
    pub run: RunId,
    /// Into which of its terminals.
    pub terminal: TerminalName,
    /// Input, sizes; the gate decides about each.
    pub message: TerminalMessage,
}

impl Bus {
    /// Hands a terminal's output, or its whole screen, to the broker. Never waits, and nobody says
    /// whether it arrived: a message that is lost on its way is a hole that a later screen closes.
    ///
    /// # Errors
    /// See [`NotSent`]; nothing was sent then.
    pub fn publish_terminal(&self, subject: &Subject, message: Bytes) -> Result<(), NotSent> {
        if !matches!(
            subject,
            Subject::TerminalOutput { .. } | Subject::TerminalKey { .. }
        ) {
            return Err(NotSent::Refused);
        }
        if *self.connection().borrow() == Connection::Down {
            return Err(NotSent::Away);
        }
        let sending = self.client().publish(subject.to_string(), message);
        // Not cut short by the task's budget: then a buffer with room would seem to be full.
        match unconstrained(sending).now_or_never() {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) => Err(NotSent::Refused),
            None => Err(NotSent::Full),
        }
    }

    /// Hands what is typed to the worker of a terminal. Its gate answers in what the terminal
    /// shows; a worker that is away answers nothing.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the client takes no more.
    pub async fn type_in(
        &self,
        worker: &WorkerId,
        run: RunId,
        terminal: TerminalName,
        message: &TerminalMessage,
    ) -> Result<(), BusError> {
        let subject = Subject::WorkerInput {
            worker: worker.clone(),
            run,
            terminal,
        };
        self.client()
            .publish(subject.to_string(), message.encode())
            .await
            .map_err(BusError::unavailable)
    }

    /// What is typed into any terminal of a worker, from now on; it goes on after a lost
    /// connection, without what was said meanwhile.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the subscription.
    pub async fn inputs(
        &self,
        worker: &WorkerId,
    ) -> Result<impl Stream<Item = TypedIn> + Send + Unpin + use<>, BusError> {
        let inputs = Filter::WorkerInputs(worker.clone());
        let heard = self.listen(inputs.to_string()).await?;
        Ok(heard.filter_map(|message| std::future::ready(typed(message))))
    }

    /// Hands a step of a run's write grants to the holder of the run. Nobody says whether it was
    /// heard; it must have been published before.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the client takes no more.
    pub async fn push_gate(&self, worker: &WorkerId, grant: &GrantMessage) -> Result<(), BusError> {
        let subject = Subject::WorkerGate {
            worker: worker.clone(),
        };
        self.hand_over(&subject, grant).await
    }

    /// The steps of write grants that are handed to a worker, of whatever run, from now on. Some
    /// may be missed, and some come twice: the last one that [the desk](Bus::stand) knows counts.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the subscription.
    pub async fn gates(
        &self,
        worker: &WorkerId,
    ) -> Result<impl Stream<Item = GrantMessage> + Send + Unpin + use<>, BusError> {
        let subject = Subject::WorkerGate {
            worker: worker.clone(),
        };
        let heard = self.listen(subject.to_string()).await?;
        Ok(heard.filter_map(|message| std::future::ready(gate(&message))))
    }

    /// The last step of a run's write grants, and where it stands: the fence of the next one is
    /// one higher, and it is published with [`Fence::Own`](crate::Fence::Own) at that position.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer, or what it has is no grant.
    pub async fn last_grant(
        &self,
        run: RunId,
    ) -> Result<Option<(GrantMessage, Position)>, BusError> {
        let Some(last) = self.get_last_on(&Subject::Grant { run }).await? else {
            return Ok(None);
        };
        match Decoded::read(&last.subject, &last.payload) {
            Ok((_, Decoded::Grant(grant))) => Ok(Some((*grant, last.position))),
            Ok(_) => Err(BusError::unavailable("the run's last grant is none")),
            Err(error) => Err(BusError::unavailable(error)),
        }
    }
}

fn typed(message: async_nats::Message) -> Option<TypedIn> {
    let Ok(Subject::WorkerInput { run, terminal, .. }) = message.subject.parse() else {
        return None;
    };
    TerminalMessage::decode(message.payload)
        .inspect_err(|error| tracing::warn!(%error, %run, "what is typed cannot be read"))
        .ok()
        .map(|message| TypedIn {
            run,
            terminal,
            message,
        })
}

fn gate(message: &async_nats::Message) -> Option<GrantMessage> {
    serde_json::from_slice(&message.payload)
        .inspect_err(|error| tracing::warn!(%error, "a step of a write grant cannot be read"))
        .ok()
}
