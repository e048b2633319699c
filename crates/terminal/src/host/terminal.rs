//! One terminal of an agent: a program's output becomes a screen and frames for whoever watches,
//! and what is typed waits here until the program takes it.

use std::{sync::Arc, time::Instant};

use baton_domain::TerminalSize;
use baton_screen::Passed;
use baton_wire::terminal::{Frame, MAX_OUTPUT};
use bytes::Bytes;

use super::{
    clean::Clean,
    queue::Queue,
    typing::{Progress, TypedInput, Typing},
    view::View,
};
use crate::{
    audit::Batch,
    gate::Source,
    order::TerminalOrder,
    protocol::Seen,
    pty::{Moved, Pty, Waits},
};

/// A terminal. Without a program on it, it shows what it showed.
pub(super) struct Terminal {
    pty: Option<Pty>,
    clean: Clean,
    /// For the worker's words, which may come in the middle of a program's.
    words: Clean,
    view: View,
    size: TerminalSize,
    watchers: Vec<Watcher>,
    typing: Typing,
    pub(super) batch: Batch,
}

struct Watcher {
    connection: u64,
    queue: Arc<Queue>,
}

impl Terminal {
    pub(super) fn new(order: &TerminalOrder) -> Self {
        Self {
            pty: None,
            clean: Clean::new(&order.secrets),
            words: Clean::new(&order.secrets),
            view: View::new(order.size),
            size: order.size,
            watchers: Vec::new(),
            typing: Typing::default(),
            batch: Batch::default(),
        }
    }

    /// A program runs on it from now on.
    pub(super) fn connect(&mut self, pty: Pty) {
        self.typing = Typing::default();
        self.pty = Some(pty);
    }

    /// Lets go of its program, which is told by the system.
    pub(super) fn disconnect(&mut self) {
        self.pty = None;
    }

    /// Whether a program is on it.
    pub(super) const fn is_connected(&self) -> bool {
        self.pty.is_some()
    }

    /// Its size.
    pub(super) const fn size(&self) -> TerminalSize {
        self.size
    }

    /// The next that happens.
    pub(super) async fn next(&mut self, waits: Waits) -> Moved {
        match &mut self.pty {
            Some(pty) => pty.next(waits, self.typing.first()).await,
            None => std::future::pending().await,
        }
    }

    /// A program has printed something; what is shown by that.
    pub(super) fn printed(&mut self, bytes: &[u8], now: Instant) -> Bytes {
        let clean = self.clean.push(bytes, now);
        self.feed(&clean)
    }

    /// What a program that has ended printed last; what is shown by that.
    pub(super) fn drain(&mut self, now: Instant) -> Bytes {
        let last = self.pty.as_mut().map(Pty::read_now).unwrap_or_default();
        self.printed(&last, now)
    }

    /// Shows something that no program has printed; what is shown by that.
    pub(super) fn show(&mut self, text: &[u8], now: Instant) -> Bytes {
        let mut clean = self.words.push(text, now);
        clean.extend(self.words.release());
        self.feed(&clean)
    }

    /// When something held back is to be shown.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.clean.until()
    }

    /// Shows what was held back.
    pub(super) fn release(&mut self) -> Bytes {
        let held = self.clean.release();
        self.feed(&held)
    }

    fn feed(&mut self, clean: &[u8]) -> Bytes {
        let mut offset = self.offset();
        // Whoever watches is never asked: this is the one that answers.
        let Passed { output, answers } = self.view.feed(clean);
        self.typing.answer(answers);
        for (at, frame) in outputs(&mut offset, output.clone()) {
            self.tell(at, &frame);
        }
        output
    }

    /// Gives it another size; whether it had another before.
    pub(super) fn resize(&mut self, size: TerminalSize) -> bool {
        if size == self.size {
            return false;
        }
        if let Some(pty) = &self.pty
            && let Err(error) = pty.resize(size)
        {
            tracing::warn!(%error, "the terminal could not be given another size");
            return false;
        }
        self.size = size;
        self.view.resize(size);
        let offset = self.offset();
        self.tell(offset, &Frame::Size { offset, size });
        // Terminals disagree about what becomes of lines by that.
        self.tell(offset, &self.view.snapshot());
        true
    }

    /// Everything that it has shown, in bytes.
    pub(super) fn offset(&self) -> u64 {
        self.view.offset()
    }

    /// Takes an input to be typed.
    ///
    /// # Errors
    /// Why it cannot be, for a person.
    pub(super) fn take(&mut self, input: TypedInput) -> Result<(), &'static str> {
        if self.pty.is_none() {
            return Err("no program runs in this terminal");
        }
        self.typing.take(input)
    }

    /// Takes words of the host's own to be typed.
    pub(super) fn wake(&mut self, keys: Vec<u8>) {
        if self.pty.is_some() {
            self.typing.answer(keys);
        }
    }

    /// Types as much as the program takes at this moment; what has become of inputs by that.
    pub(super) fn type_now(&mut self) -> Vec<Progress> {
        let offset = self.offset();
        match &mut self.pty {
            Some(pty) => self.typing.type_now(pty, offset),
            None => Vec::new(),
        }
    }

    /// So much of what waits first was typed.
    pub(super) fn typed(&mut self, bytes: usize) -> Vec<Progress> {
        let echo = self.pty.as_ref().is_some_and(Pty::echoes);
        self.typing
            .advance(bytes, self.view.offset(), echo)
            .into_iter()
            .collect()
    }

    /// Types nothing more of what waits; what becomes of it.
    pub(super) fn stop_typing(&mut self) -> Vec<Progress> {
        self.typing.stop(self.view.offset())
    }

    /// Somebody watches from now on: a greeting, then where to begin. All in one turn of the
    /// host's loop, so that no byte is missing and none comes twice.
    pub(super) fn join(
        &mut self,
        source: Source,
        queue: Arc<Queue>,
        hello: Frame,
        seen: Option<Seen>,
        epoch: u64,
    ) {
        queue.begin([hello]);
        let seen = seen.filter(|seen| seen.epoch == epoch || *seen == Seen::NOTHING);
        match seen.and_then(|seen| Some((seen.offset, self.view.since(seen.offset)?))) {
            Some((mut at, tail)) => {
                let tail = tail.into_iter().flat_map(|bytes| outputs(&mut at, bytes));
                queue.begin(tail.map(|(_, frame)| frame));
            }
            None => queue.begin([self.view.snapshot()]),
        }
        self.watchers.push(Watcher {
            connection: source.connection,
            queue,
        });
    }

    /// A watcher that has fallen behind reads again: it is told what it missed, and shown the
    /// screen; then how things are, since that may have changed meanwhile.
    pub(super) fn show_anew(&self, connection: u64, now: &[Frame]) {
        if let Some(watcher) = self.watcher(connection) {
            self.begin_again(&watcher.queue, now);
        }
    }

    /// Shows the screen, and says something behind it, if the watcher has fallen behind.
    fn begin_again(&self, queue: &Queue, words: &[Frame]) {
        queue.begin_again(|from| {
            let to = self.offset();
            let screen = [Frame::Gap { from, to }, self.view.snapshot()];
            screen.into_iter().chain(words.iter().cloned())
        });
    }

    /// A watcher is gone.
    pub(super) fn left(&mut self, connection: u64) {
        self.watchers
            .retain(|watcher| watcher.connection != connection);
    }

    /// Tells everybody who watches.
    pub(super) fn tell(&self, offset: u64, frame: &Frame) {
        if self.watchers.is_empty() {
            return;
        }
        let bytes = frame.encode();
        for watcher in &self.watchers {
            watcher.queue.push(offset, bytes.clone());
        }
    }

    /// Tells one who watches.
    pub(super) fn tell_one(&self, connection: u64, frame: &Frame) {
        if let Some(watcher) = self.watcher(connection) {
            watcher.queue.push_own(self.offset(), frame.encode());
        }
    }

    fn watcher(&self, connection: u64) -> Option<&Watcher> {
        self.watchers
            .iter()
            .find(|watcher| watcher.connection == connection)
    }

    /// Nothing more comes: the last word, which those hear too that had fallen behind.
    pub(super) fn end(&mut self, exit: &Frame) {
        let last = exit.encode();
        for watcher in std::mem::take(&mut self.watchers) {
            watcher.queue.push(self.offset(), last.clone());
            self.begin_again(&watcher.queue, std::slice::from_ref(exit));
            watcher.queue.close();
        }
    }
}

/// Output that begins at `offset`, as frames with their offsets; `offset` is behind it then.
fn outputs(offset: &mut u64, mut bytes: Bytes) -> Vec<(u64, Frame)> {
    let mut frames = Vec::with_capacity(bytes.len().div_ceil(MAX_OUTPUT));
    while !bytes.is_empty() {
        let bytes = bytes.split_to(bytes.len().min(MAX_OUTPUT));
        let at = *offset;
        *offset += bytes.len() as u64;
        frames.push((at, Frame::Output { offset: at, bytes }));
    }
    frames
}
