//! What holds runs, who has their places, and what they may use up: one row for each run that has
//! any of it. Runs are read together with theirs.

mod agent;
mod hand_back;
mod row;
mod write;

use std::sync::Arc;

use baton_domain::{Position, RunId, run::control::Control};

pub(crate) use agent::{agent, agent_out};
pub(crate) use row::control;
pub(crate) use write::write;

/// The control of a run for the recorder to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct NewControl {
    /// Whose.
    pub run: RunId,
    /// As folded.
    pub control: Arc<Control>,
    /// The position that changed it.
    pub position: Position,
}

/// Whether there is more to keep of it than the agent, which lies with the run.
#[must_use]
pub fn is_kept(control: &Control) -> bool {
    let Control {
        pause,
        takeover,
        paused_ms,
        agent: _,
        budgets,
        hand_backs,
        messages,
        help,
    } = control;
    pause.is_some()
        || takeover.is_some()
        || *paused_ms > 0
        || !budgets.is_empty()
        || !hand_backs.is_empty()
        || !messages.is_empty()
        || !help.is_empty()
}
