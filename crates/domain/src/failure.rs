//! Why an attempt failed, and whether another attempt could do better. Decided where the error
//! is known; everyone else only reads it.

use crate::choices::choices;

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

choices! {
    /// The kinds of failure. A code never changes its meaning.
    FailureCode, "failure code" {
        /// The run's payload breaks a rule; it was never executed.
        InvalidPayload = "invalid_payload",
        /// The repository does not exist, or the worker may not read it.
        RepositoryUnreadable = "repository_unreadable",
        /// The starting branch, tag or commit does not exist.
        RefNotFound = "ref_not_found",
        /// Git failed for another reason while the workspace was prepared.
        CheckoutFailed = "checkout_failed",
        /// The agent's program is not on the worker.
        AgentMissing = "agent_missing",
        /// The agent's program is not logged in.
        AgentNotLoggedIn = "agent_not_logged_in",
        /// The agent ran and said that it failed, or exited non-zero.
        AgentFailed = "agent_failed",
        /// The agent was killed by a signal that Baton did not send.
        AgentKilled = "agent_killed",
        /// The agent printed something other than its protocol.
        AgentGarbled = "agent_garbled",
        /// The command exited non-zero. It ran; running it again is the caller's choice.
        CommandFailed = "command_failed",
        /// The run's time limit was reached.
        TimedOut = "timed_out",
        /// The remote refused the push.
        PushRefused = "push_refused",
        /// Publishing failed for another reason.
        PublishFailed = "publish_failed",
        /// The host refused the pull request: its rules or the worker's rights have to change.
        PullRequestRefused = "pull_request_refused",
        /// The pull request could not be opened for another reason.
        PullRequestFailed = "pull_request_failed",
        /// The changes hold a secret that the worker knows; nothing was pushed.
        SecretFound = "secret_found",
        /// Artifacts could not be uploaded.
        UploadFailed = "upload_failed",
        /// The worker itself failed: disk full, no process, a fault of Baton.
        WorkerFault = "worker_fault",
        /// The worker stopped being heard of.
        LeaseLost = "lease_lost",
    }
}

impl FailureCode {
    /// Whether failures of this kind usually go away by themselves.
    #[must_use]
    pub const fn usually_retryable(self) -> bool {
        !matches!(
            self,
            Self::InvalidPayload
                | Self::RepositoryUnreadable
                | Self::RefNotFound
                | Self::AgentGarbled
                | Self::CommandFailed
                | Self::TimedOut
                | Self::PushRefused
                | Self::PullRequestRefused
                | Self::SecretFound
        )
    }
}
