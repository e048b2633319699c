//! What an attempt's agent has used so far, for the worker's beats: by it, an agent that works is
//! told from one that stands still.

use std::time::Duration;

use baton_terminal::Status;
use tokio::sync::watch;

/// What the agent has used since it started, over restarts of the worker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AgentUsage {
    /// What it has printed, in bytes.
    pub(crate) output_bytes: u64,
    /// Time that all its processes have spent on processors; measured every 2 s.
    pub(crate) cpu: Duration,
}

/// The last known use; clones tell of the same agent.
#[derive(Debug, Clone, Default)]
pub(crate) struct UsageMeter(watch::Sender<AgentUsage>);

impl UsageMeter {
    /// How much it is now, and later.
    pub(crate) fn watch(&self) -> watch::Receiver<AgentUsage> {
        self.0.subscribe()
    }

    /// Notes what the agent's host says.
    pub(crate) fn set(&self, status: &Status) {
        let now = AgentUsage {
            output_bytes: status.output_bytes,
            cpu: Duration::from_millis(status.cpu_ms),
        };
        self.0
            .send_if_modified(|usage| std::mem::replace(usage, now) != now);
    }
}
