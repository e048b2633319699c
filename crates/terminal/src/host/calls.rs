//! What is asked at the host's socket, and what that does to the agent and its terminals.

use std::{sync::Arc, time::Instant};

use baton_domain::{TerminalName, WriteEnd};

use super::{
    Host, Request,
    call::Call,
    connections::Connections,
    live::{Live, Note},
};
use crate::{
    checkpoint::Said,
    journal::{Output, What},
    protocol::Via,
};

impl Host {
    /// Does what is asked.
    pub(super) async fn answer(&mut self, call: Call, connections: &Connections) {
        match call {
            Call::Nothing => {}
            Call::Request(request) => self.obey(request, connections).await,
            Call::Watch(wish, source, queue) => {
                if wish.via == Via::Worker && wish.terminal == TerminalName::Agent {
                    self.watched();
                }
                let place = Arc::clone(&queue);
                let joined = self.with_live(|live, now| live.join(wish, source, place, now));
                if joined.is_none() {
                    // Without terminals there is nothing to see: the connection ends.
                    queue.close();
                }
            }
            Call::Frame(name, source, frame) => {
                self.with_live(|live, now| live.hear(name, source, frame, now));
            }
            Call::Anew(source) => {
                self.with_live(|live, now| live.show_anew(source.connection, now));
            }
            Call::Left(source) => {
                self.with_live(|live, _| live.left(source.connection));
            }
        }
    }

    async fn obey(&mut self, request: Request, connections: &Connections) {
        match request {
            Request::Watch(_) | Request::Unknown => {}
            Request::Gate { signed, ended } => {
                let told = self.with_live(|live, now| live.obey_gate(&signed, ended, now));
                if let Some(Err(refused)) = told {
                    connections.refuse(refused);
                }
            }
            Request::Trust { keys } => {
                self.with_live(|live, _| live.trust(&keys));
            }
            Request::CloseGate { cause } => {
                self.with_live(|live, now| live.close_gate(cause, now));
            }
            Request::EndShell => {
                self.with_live(Live::end_shell);
            }
            Request::Hello { .. } => {
                // A reader that is new reads what there is without holding up the agent.
                self.read = self.journal.written();
                self.measure();
                self.update();
                connections.show_anew(&self.status);
            }
            Request::Hold { hold } => self.hear(Said::Hold(hold)),
            Request::Wake { words } => {
                self.hear(Said::Woken);
                self.mark("woken: a message waits for it".to_owned());
                self.with_live(|live, now| live.wake(&words, now));
            }
            Request::Tell { message } => self.hear(Said::Tell(message)),
            Request::TakeBack { id } => self.hear(Said::TakeBack(id)),
            Request::Answer { answer } => self.hear(Said::Answer(answer)),
            Request::Show { text, place } => {
                self.with_live(|live, now| live.show(&text, place, now));
            }
            Request::Mark { label } => self.mark(label),
            Request::Read { bytes } => self.read = self.read.max(bytes),
            Request::Measure => self.measure(),
            Request::End { how } => self.end(how),
            Request::Freeze => {
                if !self.clock.is_frozen() && !self.endings.have_begun() {
                    self.status.freeze_method = Some(self.family.freeze().await);
                    self.clock.work().freeze();
                    self.with_live(|live, _| live.hold(true));
                }
            }
            Request::Thaw => {
                if self.clock.is_frozen() {
                    self.family.go_on();
                    self.clock.work().thaw();
                    self.with_live(|live, _| live.hold(false));
                }
            }
        }
    }

    pub(super) fn mark(&mut self, label: String) {
        let at = self.clock.since_start();
        if let Err(error) = self.journal.tell(at, &What::Marked(label)) {
            tracing::warn!(%error, "a marker could not be written into the journal");
        }
    }

    /// Does something with the terminals, if there are any, and keeps what is to be kept of it.
    pub(super) fn with_live<T>(&mut self, act: impl FnOnce(&mut Live, Instant) -> T) -> Option<T> {
        let live = self.live.as_mut()?;
        let done = act(live, Instant::now());
        let mut notes = live.notes();
        // Nothing is typed that is not on record.
        while !self.keep(notes) {
            let live = self.live.as_mut()?;
            live.close_gate(WriteEnd::Ended, Instant::now());
            notes = live.notes();
        }
        let shell = self.live.as_ref().and_then(Live::shell_pid);
        self.family.never_held = shell;
        Some(done)
    }

    /// Whether all that was typed is on record.
    fn keep(&mut self, notes: Vec<Note>) -> bool {
        let at = self.clock.since_start();
        let mut kept = true;
        for note in notes {
            match note {
                Note::Output(output, bytes) => {
                    if output == Output::Terminal(TerminalName::Agent) {
                        self.status.output_bytes += bytes.len() as u64;
                    }
                    self.journal.output(at, output, &bytes);
                }
                Note::What(what) => {
                    if let Err(error) = self.journal.tell(at, &what) {
                        tracing::error!(%error, "the journal cannot be written");
                        kept &= !matches!(what, What::Typed(_));
                    }
                }
            }
        }
        kept
    }
}
