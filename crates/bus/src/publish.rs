//! Publishing to the RUNS stream: acknowledged, under an id, and fenced where it matters.
//! An outcome that is not known is settled by sending the same message under the same id again.

use std::time::Duration;

use async_nats::{
    HeaderMap,
    jetstream::{self, context, publish::PublishAck},
};
use baton_domain::{Position, RunId, WorkerId};
use baton_wire::{Filter, MessageId, Subject};
use bytes::Bytes;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    connect::Bus,
    message::{self, MESSAGE_ID},
    retry::Pauses,
};

/// How long somebody waits who has a person waiting.
const SHORT: Duration = Duration::from_secs(2);

/// What must be true at the broker for a message to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fence {
    /// Nothing.
    None,
    /// The last message about the run's lease, whoever said it, is at this position; 0 means that
    /// there is none.
    Expect {
        /// Where the last lease message is.
        position: Position,
    },
    /// The last message on the message's own subject is at this position; 0 means that there is
    /// none.
    Own {
        /// Where the last one is.
        position: Position,
    },
    /// The supervisor's last word about the run's lease is at this position; 0 means that it has
    /// said none. Nobody but a supervisor can move this fence.
    Unlost {
        /// Where the last loss is, as the offer says.
        lost: Position,
    },
}

impl Fence {
    /// The fence of what a holder reports: on the supervisor's word, or, under an offer of an
    /// older Baton, on the lease itself.
    #[must_use]
    pub const fn of_holder(lease: Position, lost: Option<Position>) -> Self {
        match lost {
            Some(lost) => Self::Unlost { lost },
            None => Self::Expect { position: lease },
        }
    }

    /// The sequence that is expected, and on which subjects.
    fn expectation(self, run: RunId, own: &Subject) -> Option<(Position, String)> {
        match self {
            Self::None => None,
            Self::Own { position } => Some((position, own.to_string())),
            Self::Expect { position } => Some((position, Filter::Leases(run).to_string())),
            Self::Unlost { lost } => {
                let worker = WorkerId::supervisor();
                Some((lost, Subject::Lease { run, worker }.to_string()))
            }
        }
    }
}

/// How long a publisher tries while the broker is away.
#[derive(Debug, Clone)]
pub enum Patience {
    /// Two seconds: a person waits for the answer.
    Short,
    /// Until the message is stored, refused, or the token is cancelled.
    Until(CancellationToken),
}

/// Why a message is not stored, or not known to be.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// What the fence stands on has moved on: the lease, or what was said on the same subject.
    /// Whoever speaks under the old one is no longer heard.
    #[error("the run's lease, or what was said before, is not at the expected position")]
    Fenced,
    /// The broker was away for longer than the patience lasts. The message may be stored all the
    /// same; the same message under the same id can be published again.
    #[error("the broker does not answer: {0}")]
    Unavailable(String),
    /// The stream has no room.
    #[error("the stream has no room")]
    Full,
    /// The message is larger than the broker takes.
    #[error("the message of {bytes} bytes is larger than the broker takes")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The broker said no for another reason; another try changes nothing.
    #[error("the broker refused the message: {0}")]
    Refused(String),
}

/// A message, ready to be sent any number of times.
struct Letter {
    subject: String,
    id: String,
    headers: HeaderMap,
    payload: Bytes,
}

/// What one try has shown.
enum Outcome {
    Stored(Position),
    Refused(PublishError),
    /// Stored or not: nobody can say.
    Unclear(String),
}

impl Bus {
    /// Publishes a message and waits for the broker's acknowledgement. A message whose id the
    /// broker knows is not stored again: the first one's position is returned.
    ///
    /// Messages about leases never expire, since every later report is fenced by them; nor do
    /// drains, which hold until they are taken back.
    ///
    /// # Errors
    /// See [`PublishError`]. After [`PublishError::Unavailable`] nothing is known.
    pub async fn publish(
        &self,
        subject: &Subject,
        id: &MessageId,
        message: &(impl Serialize + Sync),
        fence: Fence,
        patience: &Patience,
    ) -> Result<Position, PublishError> {
        let letter = Letter::new(subject, id, message, fence)?;
        let mut last = "it cannot be reached".to_owned();
        // Boxed, since callers hold it in futures of their own.
        let sent = Box::pin(self.send(&letter, &mut last));
        let sent = match patience {
            Patience::Short => tokio::time::timeout(SHORT, sent).await.ok(),
            Patience::Until(given_up) => given_up.run_until_cancelled(sent).await,
        };
        sent.unwrap_or(Err(PublishError::Unavailable(last)))
    }

    async fn send(&self, letter: &Letter, last: &mut String) -> Result<Position, PublishError> {
        let mut pauses = Pauses::new();
        loop {
            self.up().await;
            match self.send_once(letter).await {
                Outcome::Stored(position) => return Ok(position),
                Outcome::Refused(PublishError::Fenced) => return self.settle(letter).await,
                Outcome::Refused(error) => return Err(error),
                Outcome::Unclear(reason) => {
                    tracing::debug!(subject = letter.subject, reason, "publishing again");
                    *last = reason;
                }
            }
            pauses.pause().await;
        }
    }

    async fn send_once(&self, letter: &Letter) -> Outcome {
        let acknowledged = async {
            self.jetstream()
                .publish_with_headers(
                    letter.subject.clone(),
                    letter.headers.clone(),
                    letter.payload.clone(),
                )
                .await?
                .await
        };
        tokio::select! {
            result = acknowledged => judge(result, letter.payload.len()),
            // The acknowledgement was lost with the connection: no need to wait for its time-out.
            () = self.down() => Outcome::Unclear("the connection was lost".to_owned()),
        }
    }

    /// The broker looks at the fence before it looks at the id: a message that it has, sent again,
    /// is refused when it moved the fence itself or the fence moved since. Whether it has the
    /// message stands on the message's own subject, also when its id was forgotten.
    async fn settle(&self, letter: &Letter) -> Result<Position, PublishError> {
        let last = self.last_of(&letter.subject).await;
        match last.map_err(|error| PublishError::Unavailable(error.to_string()))? {
            Some(own) if own.message_id.as_deref() == Some(&letter.id) => Ok(own.position),
            _ => Err(PublishError::Fenced),
        }
    }
}

impl Letter {
    fn new(
        subject: &Subject,
        id: &MessageId,
        message: &impl Serialize,
        fence: Fence,
    ) -> Result<Self, PublishError> {
        let run = run_of(subject);
        if run.is_none() && !matches!(subject, Subject::Drain { .. }) {
            return Err(PublishError::Refused(format!("'{subject}' is not kept")));
        }
        let payload = serde_json::to_vec(message)
            .map_err(|error| PublishError::Refused(format!("it is no JSON: {error}")))?;
        let mut headers = HeaderMap::new();
        headers.insert(MESSAGE_ID, id.as_str());
        if let Some((position, subjects)) = run.and_then(|run| fence.expectation(run, subject)) {
            headers.insert(
                "Nats-Expected-Last-Subject-Sequence",
                position.to_string().as_str(),
            );
            headers.insert(
                "Nats-Expected-Last-Subject-Sequence-Subject",
                subjects.as_str(),
            );
        }
        if matches!(subject, Subject::Lease { .. } | Subject::Drain { .. }) {
            headers.insert("Nats-TTL", "never");
        }
        Ok(Self {
            subject: subject.to_string(),
            id: id.as_str().to_owned(),
            headers,
            payload: payload.into(),
        })
    }
}

const fn run_of(subject: &Subject) -> Option<RunId> {
    match subject {
        Subject::Offer { run, .. }
        | Subject::Lease { run, .. }
        | Subject::Control { run }
        | Subject::Grant { run }
        | Subject::Events { run, .. } => Some(*run),
        Subject::Drain { .. }
        | Subject::Beat { .. }
        | Subject::Hint { .. }
        | Subject::Desk { .. }
        | Subject::WorkerControl { .. }
        | Subject::WorkerGate { .. }
        | Subject::WorkerInput { .. }
        | Subject::TerminalOutput { .. }
        | Subject::TerminalKey { .. } => None,
    }
}

fn judge(result: Result<PublishAck, context::PublishError>, bytes: usize) -> Outcome {
    use context::PublishErrorKind as Kind;
    let error = match result {
        Ok(ack) => return Outcome::Stored(message::position(ack.sequence)),
        Err(error) => error,
    };
    match error.kind() {
        Kind::WrongLastSequence => Outcome::Refused(PublishError::Fenced),
        Kind::MaxPayloadExceeded => Outcome::Refused(PublishError::TooLarge { bytes }),
        Kind::WrongLastMessageId => Outcome::Refused(PublishError::Refused(error.to_string())),
        Kind::TimedOut | Kind::BrokenPipe | Kind::StreamNotFound | Kind::MaxAckPending => {
            Outcome::Unclear(error.to_string())
        }
        Kind::Other => match said_by_broker(&error) {
            Some(said) => judge_broker(said, bytes),
            None => Outcome::Unclear(error.to_string()),
        },
    }
}

fn said_by_broker(error: &context::PublishError) -> Option<&jetstream::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

fn judge_broker(said: &jetstream::Error, bytes: usize) -> Outcome {
    match said.error_code().0 {
        // Stream limits: messages, bytes, per subject; store without room.
        10_077 | 10_047 | 10_023 => Outcome::Refused(PublishError::Full),
        10_054 => Outcome::Refused(PublishError::TooLarge { bytes }),
        // The stream or the whole of JetStream is not there yet, or a server is catching up.
        10_008 | 10_059 | 10_039 | 10_076 => Outcome::Unclear(said.to_string()),
        _ => Outcome::Refused(PublishError::Refused(said.to_string())),
    }
}
