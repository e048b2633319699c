//! What an agent's lines tell people to look at.

use baton_wire::Event;

use crate::{log_file::LogFile, report::Reporter, text};

/// The most warnings that become events; the raw lines have all.
const MOST: usize = 100;
const LONGEST: usize = 4000;

/// The warnings of one agent.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    told: usize,
    /// The last one.
    pub(super) last: Option<String>,
}

impl Warnings {
    /// Tells one.
    pub(super) fn tell(&mut self, message: String, log: &LogFile, reporter: &Reporter) {
        log.write(&format!("warning: {message}\n"));
        self.told += 1;
        if self.told <= MOST {
            let message = text::head(&message, LONGEST);
            reporter.say(Event::Warning { message });
        }
        self.last = Some(message);
    }
}
