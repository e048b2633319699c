//! What can be watched of an agent, and typed into: its terminals, the gate before them, and the
//! record of what is typed.

mod gate;
mod shell;
mod typing;

use std::{io, sync::Arc, time::Instant};

use baton_domain::{Attempt, Clock, RunId, SystemClock, TerminalName, WriteEnd};
use baton_keys::PublicKey;
use baton_wire::terminal::{Exit as ExitShown, Frame, Hello, RunShown};
use bytes::Bytes;
use pty_process::Pts;
use tokio::time::sleep_until;

use self::shell::Shell;
use super::{clean::Mask, queue::Queue, terminal::Terminal};
use crate::{
    audit::Chain,
    gate::{Gate, Source},
    journal::{Exit, Output, What},
    order::{Order, TerminalOrder},
    protocol::WatchWish,
    pty::{Moved, Pty, Waits},
};

/// What happened at an agent's terminals.
pub(super) enum LiveEvent {
    Terminal(TerminalName, Moved),
    /// The operator's shell has ended.
    ShellEnded,
    /// The time has come for something.
    Due,
}

/// Something for the journal.
pub(super) enum Note {
    Output(Output, Bytes),
    What(What),
}

/// An agent's terminals.
pub(super) struct Live {
    order: Order,
    run: RunId,
    attempt: Attempt,
    epoch: u64,
    agent: Terminal,
    shell: Terminal,
    shell_process: Option<Shell>,
    gate: Gate,
    keys: Vec<PublicKey>,
    chain: Chain,
    mask: Mask,
    resize: Option<typing::Wished>,
    /// The last place of a text that was shown.
    shown: Option<u64>,
    frozen: bool,
    notes: Vec<Note>,
}

impl Live {
    /// Opens the agent's terminal; the side that the agent gets comes with it.
    pub(super) fn open(order: &Order, wish: &TerminalOrder) -> io::Result<(Self, Pts)> {
        let (pty, pts) = Pty::open(wish.size)?;
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        let epoch = SystemClock.now().timestamp_millis();
        let mut live = Self {
            order: Order {
                input: None,
                ..order.clone()
            },
            run: wish.run,
            attempt: wish.attempt,
            epoch: epoch.unsigned_abs(),
            agent: Terminal::new(wish),
            shell: Terminal::new(wish),
            shell_process: None,
            gate: Gate::new(wish.run, wish.attempt),
            keys: Vec::new(),
            chain: Chain::new(wish.run, wish.attempt, key),
            mask: Mask::new(&wish.secrets),
            resize: None,
            shown: None,
            frozen: false,
            notes: Vec::new(),
        };
        live.trust(&wish.keys);
        live.agent.connect(pty);
        live.sized(TerminalName::Agent);
        Ok((live, pts))
    }

    /// The next that happens.
    pub(super) async fn next(&mut self, waits: Waits) -> LiveEvent {
        let due = self.due();
        tokio::select! {
            moved = self.agent.next(waits) => LiveEvent::Terminal(TerminalName::Agent, moved),
            moved = self.shell.next(waits) => LiveEvent::Terminal(TerminalName::Shell, moved),
            () = shell::ended(&mut self.shell_process) => LiveEvent::ShellEnded,
            () = at(due) => LiveEvent::Due,
        }
    }

    /// Acts on what happened.
    pub(super) fn note(&mut self, event: LiveEvent, now: Instant) {
        match event {
            LiveEvent::Terminal(name, Moved::Printed(bytes)) => {
                let shown = self.terminal(name).printed(&bytes, now);
                self.keep(Output::Terminal(name), shown);
            }
            LiveEvent::Terminal(name, Moved::Typed(bytes)) => {
                let progress = self.terminal(name).typed(bytes);
                self.progressed(name, progress, now);
            }
            LiveEvent::Terminal(name, Moved::Closed) => self.disconnected(name, now),
            LiveEvent::ShellEnded => self.shell_ended(now),
            LiveEvent::Due => self.act(now),
        }
        // What programs have asked for was answered; there may be room for more of it now.
        for name in [TerminalName::Agent, TerminalName::Shell] {
            let progress = self.terminal(name).type_now();
            self.progressed(name, progress, now);
        }
    }

    /// When something is to be done.
    fn due(&self) -> Option<Instant> {
        [
            self.gate.until(),
            self.agent.batch.until(),
            self.shell.batch.until(),
            self.agent.held_until(),
            self.shell.held_until(),
            self.resize.as_ref().map(|wished| wished.due),
            self.shell_process.as_ref().and_then(Shell::kill_at),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what is due.
    fn act(&mut self, now: Instant) {
        let changes = self.gate.expire(now);
        self.changed(changes, now);
        for name in [TerminalName::Agent, TerminalName::Shell] {
            let terminal = self.terminal(name);
            if terminal.batch.until().is_some_and(|until| until <= now) {
                self.put_on_record(name);
            }
            let terminal = self.terminal(name);
            if terminal.held_until().is_some_and(|until| until <= now) {
                let shown = terminal.release();
                self.keep(Output::Terminal(name), shown);
            }
        }
        self.resize_if_due(now);
        self.kill_shell_if_due(now);
    }

    fn disconnected(&mut self, name: TerminalName, now: Instant) {
        let shown = self.terminal(name).release();
        self.keep(Output::Terminal(name), shown);
        let progress = self.terminal(name).stop_typing();
        self.progressed(name, progress, now);
        self.terminal(name).disconnect();
    }

    /// Shows a text in the agent's terminal, unless it was shown before.
    pub(super) fn show(&mut self, text: &str, place: Option<u64>, now: Instant) {
        if place.is_some() && place <= self.shown {
            return;
        }
        self.shown = self.shown.max(place);
        // As the terminal does with what programs print.
        let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
        let shown = self.agent.show(lines.as_bytes(), now);
        self.keep(Output::Shown, shown);
    }

    /// Tells whoever watches whether the agent is held still.
    pub(super) fn hold(&mut self, frozen: bool) {
        if self.frozen != frozen {
            self.frozen = frozen;
            self.tell_all(&held(frozen));
        }
    }

    /// Somebody watches from now on.
    pub(super) fn join(
        &mut self,
        wish: WatchWish,
        source: Source,
        queue: Arc<Queue>,
        now: Instant,
    ) {
        let (epoch, frozen) = (self.epoch, self.frozen);
        let hello = Frame::Hello(Hello {
            run: self.run,
            attempt: self.attempt,
            terminal: wish.terminal,
            epoch,
            size: self.terminal(wish.terminal).size(),
            gate: self.gate.shown(now),
            at: SystemClock.now(),
            limits: None,
        });
        let terminal = self.terminal(wish.terminal);
        terminal.join(source, queue, hello, wish.from, epoch);
        if frozen {
            terminal.tell_one(source.connection, &held(frozen));
        }
    }

    /// A watcher reads again after it had fallen behind.
    pub(super) fn show_anew(&self, connection: u64, now: Instant) {
        for terminal in [&self.agent, &self.shell] {
            let writer = Frame::Writer {
                offset: terminal.offset(),
                gate: self.gate.shown(now),
            };
            terminal.show_anew(connection, &[writer, held(self.frozen)]);
        }
    }

    /// A watcher is gone.
    pub(super) fn left(&mut self, connection: u64) {
        self.agent.left(connection);
        self.shell.left(connection);
        self.gate.left(connection);
    }

    /// Whether nothing more can be printed on the agent's terminal.
    pub(super) const fn is_silent(&self) -> bool {
        !self.agent.is_connected()
    }

    /// Waits for no more output of the agent.
    pub(super) fn close(&mut self, now: Instant) {
        self.disconnected(TerminalName::Agent, now);
    }

    /// The agent has ended with everything: nobody may type, and whoever watches is told.
    pub(super) fn end(&mut self, exit: Exit, now: Instant) {
        self.close_gate(WriteEnd::Ended, now);
        for name in [TerminalName::Agent, TerminalName::Shell] {
            self.disconnected(name, now);
            self.put_on_record(name);
            let exit = match (name, exit) {
                (TerminalName::Shell, _) => ExitShown::default(),
                (TerminalName::Agent, Exit::Code(code)) => ExitShown {
                    code: Some(code),
                    signal: None,
                },
                (TerminalName::Agent, Exit::Signal(signal)) => ExitShown {
                    code: None,
                    signal: Some(signal),
                },
            };
            let offset = self.terminal(name).offset();
            self.terminal(name).end(&Frame::Exit { offset, exit });
        }
    }

    /// What is to be kept since this was last asked.
    pub(super) fn notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    fn keep(&mut self, output: Output, shown: Bytes) {
        if !shown.is_empty() {
            self.notes.push(Note::Output(output, shown));
        }
    }

    fn sized(&mut self, name: TerminalName) {
        let size = self.terminal(name).size();
        self.notes.push(Note::What(What::Sized(name, size)));
    }

    fn terminal(&mut self, name: TerminalName) -> &mut Terminal {
        match name {
            TerminalName::Agent => &mut self.agent,
            TerminalName::Shell => &mut self.shell,
        }
    }

    fn tell_all(&self, frame: &Frame) {
        for terminal in [&self.agent, &self.shell] {
            terminal.tell(terminal.offset(), frame);
        }
    }
}

fn held(frozen: bool) -> Frame {
    Frame::State(RunShown {
        frozen: Some(frozen),
        ..RunShown::default()
    })
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
