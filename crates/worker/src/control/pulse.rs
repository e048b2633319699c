//! Signs of life of an agent.

use std::time::Duration;

use super::input::AgentNow;

/// Of a processor, what an agent may use that only waits: one part of so many.
const IDLE_SHARE: u32 = 100;

/// The agent's last sign of life.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pulse {
    /// When it was, and how things were then; none before the first.
    last: Option<(Duration, AgentNow)>,
}

impl Pulse {
    /// The time before does not count: it stood still for another reason.
    pub(super) const fn restart(&mut self) {
        self.last = None;
    }

    /// There is one now.
    pub(super) const fn beat(&mut self, now: Duration, agent: AgentNow) {
        self.last = Some((now, agent));
    }

    /// When the last one was; none before the first.
    pub(super) fn last(&self) -> Option<Duration> {
        self.last.map(|(at, _)| at)
    }

    /// Whether there is one in how things are now.
    pub(super) fn beats(&self, now: Duration, agent: &AgentNow) -> bool {
        let Some((at, last)) = &self.last else {
            return true;
        };
        let idle = (now.saturating_sub(*at) / IDLE_SHARE).max(Duration::from_millis(50));
        agent.output != last.output
            || agent.checkpoints != last.checkpoints
            || agent.turns != last.turns
            || agent.cpu.saturating_sub(last.cpu) > idle
    }
}
