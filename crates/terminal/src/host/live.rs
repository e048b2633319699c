//! What can be watched of an agent, and typed into: its terminals.

use std::io;

use baton_domain::TerminalName;
use bytes::Bytes;
use pty_process::Pts;

use super::terminal::Terminal;
use crate::{
    order::TerminalOrder,
    pty::{Moved, Pty, Waits},
};

/// What happened at an agent's terminals.
pub(super) enum LiveEvent {
    Terminal(TerminalName, Moved),
}

/// An agent's terminals.
pub(super) struct Live {
    agent: Terminal,
    /// The last place of a text that was shown.
    shown: Option<u64>,
}

impl Live {
    /// Opens the agent's terminal; the side that the agent gets comes with it.
    pub(super) fn open(order: &TerminalOrder) -> io::Result<(Self, Pts)> {
        let (pty, pts) = Pty::open(order.size)?;
        let agent = Terminal::new(Some(pty));
        Ok((Self { agent, shown: None }, pts))
    }

    /// The next that happens.
    pub(super) async fn next(&mut self, waits: Waits) -> LiveEvent {
        LiveEvent::Terminal(TerminalName::Agent, self.agent.next(waits).await)
    }

    /// Takes in what happened at a terminal; what it shows by that.
    pub(super) fn note(&mut self, name: TerminalName, moved: Moved) -> Bytes {
        match name {
            TerminalName::Agent => self.agent.note(moved),
            TerminalName::Shell => Bytes::new(),
        }
    }

    /// Shows a text in the agent's terminal, unless it was shown before; what the terminal shows by
    /// that.
    pub(super) fn show(&mut self, text: &str, place: Option<u64>) -> Bytes {
        if place.is_some() && place <= self.shown {
            return Bytes::new();
        }
        self.shown = self.shown.max(place);
        // As the terminal does with what programs print.
        let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
        self.agent.show(Bytes::from(lines))
    }

    /// Whether nothing more can be printed on the agent's terminal.
    pub(super) const fn is_silent(&self) -> bool {
        self.agent.is_silent()
    }

    /// Waits for no more output.
    pub(super) fn close(&mut self) {
        self.agent.close();
    }
}
