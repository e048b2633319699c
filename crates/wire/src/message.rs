//! The messages of the RUNS stream as a whole: their ids, and reading any of them by its subject.

use baton_domain::{Attempt, EventSeq, Position, RunId};
use serde_json::Value;

use crate::{
    control::ControlMessage,
    drain::DrainMessage,
    event::EventsMessage,
    grant::GrantMessage,
    lease::LeaseMessage,
    offer::Offer,
    subject::{InvalidSubject, Subject},
};

/// A message's id: the broker stores a message once per id (within two minutes), and the
/// recorder keeps each fact once for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// Of the offer of an attempt.
    #[must_use]
    pub fn offer(run: RunId, attempt: Attempt) -> Self {
        Self(format!("{run}:offer:{attempt}"))
    }

    /// Of an offer that takes the place of an earlier one of the same attempt, by where the earlier
    /// one lies.
    #[must_use]
    pub fn offer_again(run: RunId, attempt: Attempt, earlier: Position) -> Self {
        Self(format!("{run}:offer:{attempt}:after:{earlier}"))
    }

    /// Of a message of events, by its first event.
    #[must_use]
    pub fn events(run: RunId, attempt: Attempt, first: EventSeq) -> Self {
        Self(format!("{run}:{attempt}:{first}"))
    }

    /// Of a step of a lease.
    #[must_use]
    pub fn lease(run: RunId, attempt: Attempt, step: &str, by: &str) -> Self {
        Self(format!("{run}:lease:{attempt}:{step}:{by}"))
    }

    /// Of a command, by an id that its sender chose.
    #[must_use]
    pub fn control(run: RunId, id: uuid::Uuid) -> Self {
        Self(format!("{run}:ctl:{id}"))
    }

    /// Of a step of a run's write grants, by an id that its sender chose.
    #[must_use]
    pub fn grant(run: RunId, id: uuid::Uuid) -> Self {
        Self(format!("{run}:grant:{id}"))
    }

    /// Of a wish about the fleet, by an id that its sender chose.
    #[must_use]
    pub fn fleet(id: uuid::Uuid) -> Self {
        Self(format!("fleet:{id}"))
    }

    /// Of a first offer under an idempotency key, by the SHA-256 of submitter and key: the second
    /// submission meets the first at the broker, whatever the database knows.
    #[must_use]
    pub fn idempotent(sha256: &str) -> Self {
        Self(format!("idem:{sha256}"))
    }

    /// The id as a header's value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A message of the RUNS stream, read by its subject.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded {
    /// An offer.
    Offer(Box<Offer>),
    /// A step of a lease.
    Lease(LeaseMessage),
    /// A command.
    Control(ControlMessage),
    /// Events, and each of them as it was sent, so that fields unknown here are kept.
    Events(EventsMessage, Vec<Value>),
    /// Who may type into a run's terminals.
    Grant(Box<GrantMessage>),
    /// A wish that workers take no more runs, or some again.
    Drain(DrainMessage),
}

/// A message that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The subject is none of ours.
    #[error(transparent)]
    Subject(#[from] InvalidSubject),
    /// The body is not what the subject promises.
    #[error("the body of '{subject}' cannot be read: {source}")]
    Body {
        /// Where it was published.
        subject: String,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// The body speaks of another run than the subject.
    #[error("the body of '{subject}' speaks of another run")]
    OtherRun {
        /// Where it was published.
        subject: String,
    },
    /// The body speaks of another scope than the subject.
    #[error("the body of '{subject}' speaks of another scope")]
    OtherScope {
        /// Where it was published.
        subject: String,
    },
    /// The subject is of a kind that no stream keeps.
    #[error("'{subject}' is not kept by the RUNS stream")]
    NotKept {
        /// Where it was published.
        subject: String,
    },
}

impl Decoded {
    /// The run that it speaks of; none for what is said to the fleet.
    #[must_use]
    pub const fn run(&self) -> Option<RunId> {
        match self {
            Self::Offer(offer) => Some(offer.run),
            Self::Lease(lease) => Some(lease.run),
            Self::Control(control) => Some(control.run),
            Self::Events(events, _) => Some(events.run),
            Self::Grant(grant) => Some(grant.run),
            Self::Drain(_) => None,
        }
    }

    /// Reads a message of the RUNS stream.
    ///
    /// # Errors
    /// When subject or body are not Baton's, or disagree about the run.
    pub fn read(subject: &str, body: &[u8]) -> Result<(Subject, Self), DecodeError> {
        let parsed: Subject = subject.parse()?;
        let bad = |source| DecodeError::Body {
            subject: subject.to_owned(),
            source,
        };
        let (run, said, decoded) = match &parsed {
            Subject::Offer { run, .. } => {
                let offer: Offer = serde_json::from_slice(body).map_err(bad)?;
                (*run, offer.run, Self::Offer(Box::new(offer)))
            }
            Subject::Lease { run, .. } => {
                let lease: LeaseMessage = serde_json::from_slice(body).map_err(bad)?;
                (*run, lease.run, Self::Lease(lease))
            }
            Subject::Control { run } => {
                let control: ControlMessage = serde_json::from_slice(body).map_err(bad)?;
                (*run, control.run, Self::Control(control))
            }
            Subject::Events { run, .. } => {
                let (events, raw) = EventsMessage::read(body).map_err(bad)?;
                (*run, events.run, Self::Events(events, raw))
            }
            Subject::Grant { run } => {
                let grant: GrantMessage = serde_json::from_slice(body).map_err(bad)?;
                (*run, grant.run, Self::Grant(Box::new(grant)))
            }
            Subject::Drain { scope } => {
                let drain: DrainMessage = serde_json::from_slice(body).map_err(bad)?;
                if drain.scope != *scope {
                    let subject = subject.to_owned();
                    return Err(DecodeError::OtherScope { subject });
                }
                return Ok((parsed, Self::Drain(drain)));
            }
            Subject::Beat { .. }
            | Subject::Hint { .. }
            | Subject::Desk { .. }
            | Subject::WorkerControl { .. }
            | Subject::WorkerGate { .. }
            | Subject::WorkerInput { .. }
            | Subject::TerminalOutput { .. }
            | Subject::TerminalKey { .. } => {
                return Err(DecodeError::NotKept {
                    subject: subject.to_owned(),
                });
            }
        };
        if run == said {
            Ok((parsed, decoded))
        } else {
            Err(DecodeError::OtherRun {
                subject: subject.to_owned(),
            })
        }
    }
}
