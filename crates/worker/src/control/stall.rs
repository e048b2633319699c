//! Telling an agent that works from one to which nothing happens any more.

use std::time::Duration;

use baton_domain::{HelpEnd, HelpKind};

use super::{
    core::{Core, Place},
    help::Question,
    state::OwnHelp,
};

impl Core {
    /// Looks for a sign of life in what is known of the agent now.
    pub(super) fn breathe(&mut self) {
        let held = self.reason().is_some() || self.asks_and_waits();
        if held || self.pulse.beats(self.now, &self.agent) {
            self.pulse.beat(self.now, self.agent);
            if !held {
                self.withdraw(|own| *own == OwnHelp::Stall, HelpEnd::Withdrawn, None);
            }
        }
    }

    pub(super) fn stalls_at(&self) -> Option<Duration> {
        let last = self.pulse.last()?;
        let watched = self.place == Place::Agent && self.reason().is_none();
        let stall = self.rules.stall.filter(|_| watched && !self.is_stalled())?;
        Some(last + stall)
    }

    fn is_stalled(&self) -> bool {
        self.asks(|own| *own == OwnHelp::Stall).is_some()
    }

    pub(super) fn stalled(&mut self) {
        let seconds = self.rules.stall.unwrap_or_default().as_secs();
        self.ask(
            OwnHelp::Stall,
            Question {
                kind: HelpKind::Stall,
                question: format!(
                    "the agent has printed nothing, used no processor and begun no step for {seconds} s: look at its terminal, and end or pause the run if it hangs"
                ),
                options: vec![
                    ("nothing".to_owned(), "Leave it alone".to_owned()),
                    ("cancel".to_owned(), "End the run".to_owned()),
                    ("pause".to_owned(), "Pause it".to_owned()),
                ],
                blocking: false,
            },
        );
    }
}
