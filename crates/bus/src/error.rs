//! What can go wrong with the broker, sorted by what a caller can do about it.

use baton_domain::Position;

/// A failure to speak with the broker.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Nobody answers there, or the answer is not NATS.
    #[error("cannot connect to NATS at {url}: {reason}")]
    Connect {
        /// Where, without credentials.
        url: String,
        /// What the client says.
        reason: String,
        /// Whether it may pass: the broker, or who lets workers in, may be about to start.
        may_pass: bool,
    },
    /// The server lacks something that Baton needs. Fatal.
    #[error("the NATS server at {url} cannot be used: {reason}")]
    Unsuitable {
        /// Where, without credentials.
        url: String,
        /// What is missing and how to mend it.
        reason: String,
    },
    /// The broker is away, or slow to answer. Worth another try.
    #[error("the broker does not answer: {0}")]
    Unavailable(String),
    /// The broker understood and said no. Another try changes nothing.
    #[error("the broker refused to {action}: {reason}")]
    Refused {
        /// What was asked for.
        action: String,
        /// What the broker says, with its error code.
        reason: String,
    },
    /// A topology file is malformed: a fault of the build.
    #[error("the topology file {file} cannot be used: {reason}")]
    Topology {
        /// Which file under `nats/`.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The stream ends before the position that was asked for: it is not the stream that the
    /// position came from, or it lost its end.
    #[error("the stream RUNS ends at {last}, before position {position}")]
    BeyondEnd {
        /// What was asked for.
        position: Position,
        /// The stream's last sequence.
        last: Position,
    },
}

impl BusError {
    /// A failure that may pass.
    pub(crate) fn unavailable(error: impl std::fmt::Display) -> Self {
        Self::Unavailable(error.to_string())
    }
}
