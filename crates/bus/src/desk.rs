//! "Where do I stand?": workers ask, the desk answers; and commands, handed to a run's holder at
//! once. All of it core NATS, kept by nobody: what counts is read from the stream by the desk.

use std::time::Duration;

use async_nats::Subscriber;
use baton_domain::WorkerId;
use baton_wire::{ControlMessage, Filter, Inquiry, Standing, Standings, Subject, desk};
use futures::{Stream, StreamExt as _};
use serde::Serialize;

use crate::{connect::Bus, error::BusError};

/// The queue group of those who answer: each inquiry reaches one of them.
const GROUP: &str = "desk";

/// How long a worker waits for an answer.
const ANSWER: Duration = Duration::from_secs(5);

/// A worker's question, to be [answered](Self::answer).
#[derive(Debug)]
pub struct DeskRequest {
    /// Who asks: the broker's permissions vouch for it.
    pub worker: WorkerId,
    /// What it asks.
    pub inquiry: Inquiry,
    bus: Bus,
    reply: async_nats::Subject,
}

impl Bus {
    /// Asks where a worker's leases stand.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker or everybody at the desk is away, or the answer
    /// is not for this question.
    pub async fn stand(
        &self,
        worker: &WorkerId,
        inquiry: &Inquiry,
    ) -> Result<Vec<Standing>, BusError> {
        let subject = Subject::Desk {
            worker: worker.clone(),
        };
        let body = serde_json::to_vec(inquiry).map_err(BusError::unavailable)?;
        let asked = self.client().request(subject.to_string(), body.into());
        let answer = tokio::time::timeout(ANSWER, asked)
            .await
            .map_err(|_| BusError::unavailable("nobody at the desk answers"))?
            .map_err(BusError::unavailable)?;
        let Standings { runs } =
            serde_json::from_slice(&answer.payload).map_err(BusError::unavailable)?;
        let asked = inquiry.runs.iter().map(|held| held.run);
        if asked.eq(runs.iter().map(|standing| standing.run)) {
            Ok(runs)
        } else {
            Err(BusError::unavailable("the desk answered something else"))
        }
    }

    /// The commands that are handed to a worker, of whatever run, from now on; they go on after a
    /// lost connection. Some may be missed, and some come twice: what counts is
    /// [what the desk says](Self::stand).
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the subscription.
    pub async fn steering(
        &self,
        worker: &WorkerId,
    ) -> Result<impl Stream<Item = ControlMessage> + Send + Unpin + use<>, BusError> {
        let subject = Subject::WorkerControl {
            worker: worker.clone(),
        };
        let heard = self.listen(subject.to_string()).await?;
        Ok(heard.filter_map(|message| std::future::ready(command(&message))))
    }

    /// Hands a command to the holder of its run. Nobody says whether it was heard; it must have
    /// been published before.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the client takes no more.
    pub async fn steer(&self, worker: &WorkerId, command: &ControlMessage) -> Result<(), BusError> {
        let subject = Subject::WorkerControl {
            worker: worker.clone(),
        };
        self.hand_over(&subject, command).await
    }

    /// Says something that nobody keeps.
    pub(crate) async fn hand_over(
        &self,
        subject: &Subject,
        word: &(impl Serialize + Sync),
    ) -> Result<(), BusError> {
        let body = serde_json::to_vec(word).map_err(BusError::unavailable)?;
        self.client()
            .publish(subject.to_string(), body.into())
            .await
            .map_err(BusError::unavailable)
    }

    /// What is said from now on on a subject, or on all that a filter lets through.
    pub(crate) async fn listen(&self, to: String) -> Result<Subscriber, BusError> {
        let heard = self.client().subscribe(to).await;
        let heard = heard.map_err(BusError::unavailable)?;
        self.flush().await?;
        Ok(heard)
    }

    /// What workers ask, one inquiry each; whoever else sits at the desk gets others. Questions
    /// that cannot be read, or want their answer elsewhere than at the asker's inbox, are left out.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the subscription.
    pub async fn desk(
        &self,
    ) -> Result<impl Stream<Item = DeskRequest> + Send + Unpin + use<>, BusError> {
        let asked = self
            .client()
            .queue_subscribe(Filter::Desk.to_string(), GROUP.to_owned())
            .await
            .map_err(BusError::unavailable)?;
        self.flush().await?;
        let bus = self.clone();
        Ok(asked.filter_map(move |message| std::future::ready(question(&bus, message))))
    }
}

impl DeskRequest {
    /// Answers. A lost answer is asked for again.
    pub async fn answer(self, runs: Vec<Standing>) {
        let body = match serde_json::to_vec(&Standings { runs }) {
            Ok(body) => body,
            Err(error) => return tracing::error!(%error, "an answer cannot be written"),
        };
        let client = self.bus.client();
        if let Err(error) = client.publish(self.reply, body.into()).await {
            tracing::debug!(%error, worker = %self.worker, "an answer of the desk was lost");
        }
    }
}

fn command(message: &async_nats::Message) -> Option<ControlMessage> {
    serde_json::from_slice(&message.payload)
        .inspect_err(|error| tracing::warn!(%error, "a command cannot be read"))
        .ok()
}

fn question(bus: &Bus, message: async_nats::Message) -> Option<DeskRequest> {
    let Ok(Subject::Desk { worker }) = message.subject.parse() else {
        return None;
    };
    let refused = |reason: &str| tracing::warn!(%worker, reason, "an inquiry is not answered");
    // The answer goes out under the permissions of whoever answers, not of whoever asks.
    let Some(reply) = message.reply.filter(|reply| is_inbox(reply)) else {
        refused("it wants its answer elsewhere than at an inbox");
        return None;
    };
    match serde_json::from_slice::<Inquiry>(&message.payload) {
        Ok(inquiry) if inquiry.runs.len() <= desk::MAX_RUNS => Some(DeskRequest {
            worker,
            inquiry,
            bus: bus.clone(),
            reply,
        }),
        Ok(_) => {
            refused("it names too many runs");
            None
        }
        Err(error) => {
            refused(&error.to_string());
            None
        }
    }
}

fn is_inbox(reply: &str) -> bool {
    // `_R_.` is what the broker makes of an inbox in another account.
    reply.starts_with("_INBOX.") || reply.starts_with("_R_.")
}
