//! Events: what a holder says about its run, past tense. Readers ignore fields and kinds that
//! they do not know; the recorder keeps them all the same.

use baton_domain::{
    Attempt, EndStep, EventSeq, Failure, FailureCode, RunEvent, RunId, RunType, Stage,
    run::PauseKind,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod control;
mod meaning;
mod read;
mod session;

pub use control::{
    AgentCapabilities, BudgetReached, Delivered, HelpClosed, HelpNeeded, HelpOption,
    MessageDelivered, MessageDropped, MessageSeen, PausedHow, ResumedHow, TakeoverBegan,
    TakeoverOver,
};
pub(crate) use meaning::sealed;
pub use session::{
    GateMoved, InputTyped, SessionHealthChanged, SessionHeartbeat, SessionLinks,
    SessionLinksChanged, SessionOver, SessionReady, SessionStarting, WriteEnded,
};

/// Events of one attempt, in order; the n-th message carries on where the one before ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventsMessage {
    /// The run.
    pub run: RunId,
    /// The attempt that they belong to.
    pub attempt: Attempt,
    /// 1 to 500 events, sequences rising by one.
    pub events: Vec<Reported>,
}

impl EventsMessage {
    /// The most events in one message.
    pub const MAX_EVENTS: usize = 500;
}

/// An event with its place in the attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    /// The n-th event of the attempt, from 1.
    pub seq: EventSeq,
    /// When it happened, by the worker's clock.
    pub at: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What a holder can say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// A stage began.
    StageStarted {
        /// Which.
        #[schema(value_type = String, example = "execute")]
        stage: Stage,
    },
    /// A stage ended well.
    StageFinished {
        /// Which.
        #[schema(value_type = String, example = "execute")]
        stage: Stage,
        /// How long it took, in milliseconds.
        duration_ms: u64,
    },
    /// The repository is there.
    CheckedOut {
        /// The commit that the work starts from.
        commit: String,
        /// The branch or tag, if one was named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// The attempt whose changes were carried over into the working copy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<u32>)]
        carried_from: Option<Attempt>,
    },
    /// The agent's process runs.
    AgentStarted {
        /// What kind of agent.
        #[schema(value_type = String, example = "codex_exec")]
        agent: RunType,
        /// The model in use, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// The effort in use, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effort: Option<String>,
        /// `exec`, or `interactive` when its own screen runs in the terminal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<String>,
        /// What it is kept from, in the agent's own word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sandbox: Option<String>,
        /// When it asks for permission, in the agent's own word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approvals: Option<String>,
        /// What operators can do with it; absent from an older Baton.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capabilities: Option<AgentCapabilities>,
    },
    /// The agent's process ended.
    AgentExited {
        /// Its exit code, unless a signal ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        /// The signal that ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signal: Option<i32>,
        /// How long it ran, in milliseconds.
        duration_ms: u64,
    },
    /// The agent runs a command.
    CommandStarted {
        /// The agent's own id of the step.
        step_id: String,
        /// The command as the agent gave it, cut at 4,000 characters.
        command: String,
    },
    /// A command of the agent ended.
    CommandFinished {
        /// The agent's own id of the step.
        step_id: String,
        /// The command as the agent gave it, cut at 4,000 characters.
        command: String,
        /// Its exit code, if the agent knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        /// How long it ran, in milliseconds, as the worker saw it.
        duration_ms: u64,
        /// The last 4,000 characters that it printed.
        output_tail: String,
    },
    /// The agent said something.
    AgentMessage {
        /// The agent's own id of the step.
        step_id: String,
        /// What it said, cut at 20,000 characters.
        text: String,
    },
    /// The agent changed files.
    FilesChanged {
        /// The agent's own id of the step.
        step_id: String,
        /// Paths in the repository, at most 200.
        paths: Vec<String>,
    },
    /// The agent counted its tokens.
    Usage {
        /// Tokens read.
        input_tokens: u64,
        /// Of these, read from a cache.
        cached_input_tokens: u64,
        /// Tokens written.
        output_tokens: u64,
        /// US cents spent in the attempt so far, where the agent counts them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spent_cents: Option<u64>,
        /// Turns that the agent has ended in the attempt so far, where they are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turns: Option<u64>,
    },
    /// Something went wrong that did not end the attempt.
    Warning {
        /// What, for a person.
        message: String,
    },
    /// The log grew.
    Output {
        /// Where in the log this text starts, in bytes.
        offset: u64,
        /// At most 16 KiB of it.
        text: String,
    },
    /// The log grows on in its file alone; there is too much of it to publish.
    OutputTruncated {
        /// Where in the log publishing stopped, in bytes.
        offset: u64,
    },
    /// The workspace's changes were written to `patches/changes.patch`.
    PatchWritten {
        /// Changed files.
        files: u32,
        /// Added lines.
        insertions: u32,
        /// Removed lines.
        deletions: u32,
    },
    /// A file of the attempt is in the artifact store.
    ArtifactStored {
        /// Its path among the attempt's artifacts, such as `logs/agent.log`.
        name: String,
        /// In bytes.
        size: u64,
        /// Of its content, lower-case hex.
        sha256: String,
        /// Its media type.
        content_type: String,
    },
    /// A branch was pushed.
    BranchPushed {
        /// Its name.
        branch: String,
        /// The commit it points to.
        commit: String,
    },
    /// A pull request is there for the pushed branch.
    PullRequestOpened {
        /// Where people find it.
        url: String,
        /// Its number in the repository.
        number: u64,
        /// Whether it was there before and was brought up to date.
        updated: bool,
    },
    /// Nothing was published.
    PublishSkipped {
        /// Why, for a person.
        reason: String,
    },
    /// The agent stands still.
    Paused {
        /// How it is held.
        #[schema(value_type = String, example = "checkpoint")]
        kind: PauseKind,
        /// Why, by what means, and where.
        #[serde(flatten)]
        how: PausedHow,
    },
    /// The agent goes on.
    Resumed(ResumedHow),
    /// The worker holds a command.
    ControlDelivered(Delivered),
    /// An operator has the run's place: its agent stands still.
    TakeoverBegan(TakeoverBegan),
    /// Nobody has the run's place any more.
    TakeoverEnded(TakeoverOver),
    /// The agent was handed a message.
    MessageDelivered(MessageDelivered),
    /// A message stands in a request that the model has answered.
    MessageSeen(MessageSeen),
    /// A message will not reach the agent.
    MessageDropped(MessageDropped),
    /// A person is needed.
    OperatorNeeded(HelpNeeded),
    /// A person is needed for that no more.
    OperatorNotNeeded(HelpClosed),
    /// A budget is used up.
    BudgetReached(BudgetReached),
    /// A budget has another limit.
    BudgetRaised(BudgetReached),
    /// The worker was started again and took the attempt up where it was.
    Adopted {
        /// The worker's version now.
        version: String,
    },
    /// The worker itself holds the agent still; the run's state does not change.
    AgentFrozen {
        /// Why, for a person.
        reason: String,
    },
    /// An agent that the worker held still goes on.
    AgentThawed {
        /// How long it stood still, in milliseconds.
        frozen_ms: u64,
    },
    /// A step of ending a run that was cancelled was taken.
    CancelStep {
        /// Which.
        #[schema(value_type = String, example = "terminated")]
        step: EndStep,
    },
    /// The live session is being set up.
    SessionStarting(SessionStarting),
    /// The run's terminals can be watched.
    SessionReady(SessionReady),
    /// The session's links are others from now on.
    SessionLinksChanged(SessionLinksChanged),
    /// How well the session's provider works.
    SessionHealth(SessionHealthChanged),
    /// The session is alive.
    SessionHeartbeat(SessionHeartbeat),
    /// The session ended with its run.
    SessionEnded(SessionOver),
    /// The session was ended by an operator or its time limit; the run goes on.
    SessionRevoked(SessionOver),
    /// The session could not be set up, or broke; the run goes on.
    SessionFailed(SessionOver),
    /// The gate of the run's terminals has heard of a grant or of its end.
    WriteGate(GateMoved),
    /// A grant is good no longer.
    WriteEnded(WriteEnded),
    /// Something was typed.
    InputTyped(InputTyped),
    /// The work is done.
    Succeeded {
        /// The agent's last words, or what was done; cut at 4,000 characters.
        summary: String,
    },
    /// The attempt failed.
    Failed {
        /// The kind of failure.
        #[schema(value_type = String, example = "push_refused")]
        code: FailureCode,
        /// What happened and what to do, for a person.
        message: String,
        /// Whether another attempt may succeed.
        retryable: bool,
    },
    /// The run was ended because somebody asked for it.
    Cancelled,
    /// An event of a later version.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// What the event means for the run's state.
    #[must_use]
    pub fn to_domain(&self) -> RunEvent {
        if let Some(said) = meaning::session_event(self) {
            return RunEvent::Session(said);
        }
        if let Some(said) = meaning::control_event(self) {
            return RunEvent::Control(said);
        }
        match self {
            Self::StageStarted { stage } => RunEvent::StageStarted(*stage),
            Self::Paused { kind, how } => RunEvent::Paused(*kind, how.to_domain()),
            Self::Resumed(how) => RunEvent::Resumed(how.to_domain()),
            Self::Succeeded { .. } => RunEvent::Succeeded,
            Self::Failed {
                code,
                message,
                retryable,
            } => RunEvent::Failed(Failure {
                code: *code,
                message: message.clone(),
                retryable: *retryable,
            }),
            Self::Cancelled => RunEvent::Cancelled,
            _ => RunEvent::Progress,
        }
    }

    /// Whether nothing can follow under this attempt.
    #[must_use]
    pub const fn ends_attempt(&self) -> bool {
        matches!(
            self,
            Self::Succeeded { .. } | Self::Failed { .. } | Self::Cancelled
        )
    }
}

impl From<Failure> for Event {
    fn from(failure: Failure) -> Self {
        Self::Failed {
            code: failure.code,
            message: failure.message,
            retryable: failure.retryable,
        }
    }
}
