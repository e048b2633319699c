//! What an agent is told for one run.

use baton_domain::spec::{AgentMode, Effort, Instructions, ModelName};

/// An order for an agent.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) instructions: &'a Instructions,
    /// The task's wishes, else the worker's.
    pub(crate) model: Option<&'a ModelName>,
    pub(crate) effort: Option<Effort>,
    /// What runs in the terminal.
    pub(crate) mode: AgentMode,
}
