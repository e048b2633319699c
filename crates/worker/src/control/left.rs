//! An agent that stands still no more though it is held: it has left its checkpoint, or whoever has
//! its place types to it. How long that may be.

use std::time::Duration;

use baton_terminal::{Held, LetGo, LetGoWhy};

use super::core::{Core, Left, Place};

/// How long an agent with a screen may go on that has left its checkpoint: Esc takes it out of its
/// turn, which its record tells soon.
const LEFT_FOR: Duration = Duration::from_secs(5);

impl Core {
    /// The agent stands still.
    pub(super) fn held(&mut self, held: Held) {
        self.waiting = Some((held.hold, held.before));
        self.left = None;
    }

    /// The agent waits no more: when nobody has let it go, only force holds it.
    pub(super) fn let_go(&mut self, let_go: &LetGo) {
        let waits = self.waiting.as_ref().map(|(hold, _)| *hold);
        if waits != Some(let_go.hold) {
            return;
        }
        self.waiting = None;
        let reason = self.reason();
        if reason.is_none_or(|reason| reason.hold != let_go.hold) {
            return;
        }
        match let_go.why {
            LetGoWhy::Released => {}
            LetGoWhy::TurnBegan => self.left = Some(Left::Typed(self.now)),
            LetGoWhy::Left if self.rules.is_typed_to => {
                self.left = Some(Left::Unasked(self.now));
            }
            LetGoWhy::Left => (self.state.forced, self.state.escalated) = (true, true),
        }
    }

    /// When a soft pause has waited long enough.
    pub(super) fn escalates_at(&self) -> Option<Duration> {
        let reason = self.reason()?;
        let waits = self.place == Place::Agent && self.waiting.is_none() && !self.state.forced;
        let since = self.held_since(&reason);
        let due = match self.left {
            Some(Left::Unasked(since)) => since + LEFT_FOR.min(reason.deadline),
            // What they type to the agent, it does.
            Some(Left::Typed(_)) if self.has_begun() => return None,
            Some(Left::Typed(left)) => since.max(left) + reason.deadline,
            None => since + reason.deadline,
        };
        waits.then_some(due)
    }
}
