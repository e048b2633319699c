//! Why an attempt failed, and whether another attempt could do better. Decided where the error
//! is known; everyone else only reads it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ids::InvalidId;

/// The end of an attempt that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind of failure, stable, for machines and for grouping.
    pub code: FailureCode,
    /// What happened and what to do about it, for a person.
    pub message: String,
    /// Whether another attempt may succeed without anybody changing anything.
    pub retryable: bool,
}

impl Failure {
    /// A failure that is retryable or not by its kind.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retryable: code.usually_retryable(),
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $retry:literal;)*) => {
        /// The kinds of failure. A code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum FailureCode {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl FailureCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it is written in messages, tables and documents.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Whether failures of this kind usually go away by themselves.
            #[must_use]
            pub const fn usually_retryable(self) -> bool {
                match self { $(Self::$name => $retry,)* }
            }
        }
    };
}

codes! {
    /// The run's payload breaks a rule; it was never executed.
    InvalidPayload = "invalid_payload", false;
    /// The repository does not exist, or the worker may not read it.
    RepositoryUnreadable = "repository_unreadable", false;
    /// The starting branch, tag or commit does not exist.
    RefNotFound = "ref_not_found", false;
    /// Git failed for another reason while the workspace was prepared.
    CheckoutFailed = "checkout_failed", true;
    /// The agent's program is not on the worker.
    AgentMissing = "agent_missing", true;
    /// The agent's program is not logged in.
    AgentNotLoggedIn = "agent_not_logged_in", true;
    /// The agent ran and said that it failed, or exited non-zero.
    AgentFailed = "agent_failed", true;
    /// The agent was killed by a signal that Baton did not send.
    AgentKilled = "agent_killed", true;
    /// The agent printed something other than its protocol.
    AgentGarbled = "agent_garbled", false;
    /// The command exited non-zero. It ran; running it again is the caller's choice.
    CommandFailed = "command_failed", false;
    /// The run's time limit was reached.
    TimedOut = "timed_out", false;
    /// The remote refused the push.
    PushRefused = "push_refused", false;
    /// Publishing failed for another reason.
    PublishFailed = "publish_failed", true;
    /// Artifacts could not be uploaded.
    UploadFailed = "upload_failed", true;
    /// The worker itself failed: disk full, no process, a fault of Baton.
    WorkerFault = "worker_fault", true;
    /// The worker stopped being heard of.
    LeaseLost = "lease_lost", true;
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FailureCode {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| InvalidId("failure code", text.to_owned()))
    }
}
