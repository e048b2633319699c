//! What was asked for: a checked specification. Raw input becomes one of these once, at the door.

mod git;
mod publish;
mod secret;
mod text;

use std::{collections::BTreeSet, time::Duration};

pub use git::{BranchName, GitRef, HostedPath, Repository};
pub use publish::{NewBranch, Publish, PullRequest, PullRequestBody, auto_branch};
pub use secret::{SecretSource, TaskSecret, VariableName};
pub use text::{Argv, Effort, Instructions, InvalidText, Line, ModelName};

use crate::{
    choices::choices,
    control::Budgets,
    names::{Capability, Pool},
    retry::{RetryPolicy, RetryWorkspace},
    route::Route,
    run::{Stage, session::SessionWish},
    run_type::RunType,
    slots::Slots,
};

/// A run as asked for, complete and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSpec {
    /// A name for people, one line.
    pub title: Option<Line>,
    /// What is to be done.
    pub work: Work,
    /// What it is done to; agents always have one, commands may do without.
    pub checkout: Option<Checkout>,
    /// Where the result goes.
    pub publish: Publish,
    /// What the agent is given besides, from the worker's own store of secrets.
    pub secrets: Vec<TaskSecret>,
    /// Whose queue it waits in.
    pub pool: Pool,
    /// What its worker must have.
    pub capabilities: BTreeSet<Capability>,
    /// Slots of a worker that it occupies.
    pub slots: Slots,
    /// Its place in the queue.
    pub priority: Priority,
    /// How often it is tried.
    pub retry: RetryPolicy,
    /// What the next attempt starts from.
    pub retry_workspace: RetryWorkspace,
    /// The longest time one attempt may execute.
    pub timeout: Duration,
    /// The live session that it is to have, if any.
    pub live_session: Option<SessionWish>,
    /// Stages that a person lets begin, each time.
    pub pause_before: BTreeSet<Stage>,
    /// What one attempt may use before it is paused.
    pub budgets: Budgets,
}

impl RunSpec {
    /// The route of its offers.
    #[must_use]
    pub fn route(&self) -> Route {
        Route {
            pool: self.pool.clone(),
            run_type: self.work.run_type(),
            slots: self.slots,
            capabilities: self.capabilities.clone(),
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// An instruction for the Codex CLI.
    Codex {
        /// What the agent is told.
        instructions: Instructions,
        /// The model; otherwise the worker's choice, otherwise Codex's own.
        model: Option<ModelName>,
        /// The reasoning effort, with the same precedence.
        effort: Option<Effort>,
        /// What runs in the agent's terminal.
        mode: AgentMode,
    },
    /// An instruction for Claude Code.
    Claude {
        /// What the agent is told.
        instructions: Instructions,
        /// The model; otherwise the worker's choice, otherwise Claude Code's own.
        model: Option<ModelName>,
        /// The reasoning effort, with the same precedence.
        effort: Option<Effort>,
        /// What runs in the agent's terminal.
        mode: AgentMode,
    },
    /// A program and its arguments; no shell is involved.
    Command {
        /// The program first.
        argv: Argv,
    },
}

impl Work {
    /// The run type that this work needs.
    #[must_use]
    pub const fn run_type(&self) -> RunType {
        match self {
            Self::Codex { .. } => RunType::CodexExec,
            Self::Claude { .. } => RunType::ClaudeCode,
            Self::Command { .. } => RunType::Command,
        }
    }

    /// What the agent is told, if it is work for one.
    #[must_use]
    pub const fn instructions(&self) -> Option<&Instructions> {
        match self {
            Self::Codex { instructions, .. } | Self::Claude { instructions, .. } => {
                Some(instructions)
            }
            Self::Command { .. } => None,
        }
    }
}

/// Which state of which repository the work starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Where it is cloned from, and pushed to.
    pub repository: Repository,
    /// Branch, tag or commit; otherwise the remote's default branch.
    pub starting_ref: Option<GitRef>,
}

choices! {
    /// What runs in an agent's terminal.
    AgentMode, "agent mode" {
        /// The agent without a screen of its own: what it does is told there in plain words.
        Exec = "exec",
        /// The agent's own screen: who may type there, types to the agent itself.
        Interactive = "interactive",
    }
}

choices! {
    /// A run's place in its queue. Workers look at a higher priority first, and now and then at a
    /// lower one, so that nothing waits for ever.
    Priority, "priority" {
        /// Before all others.
        High = "high",
        /// The default.
        Normal = "normal",
        /// When nothing else waits.
        Low = "low",
    }
}
