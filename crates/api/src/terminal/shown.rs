//! What a terminal shows, kept in step with its feed: its screen, its last bytes, who may type.
//! Pure.

use std::time::{Duration, Instant};

use baton_bus::Fed;
use baton_domain::{Attempt, Fence, GrantId, TerminalSize};
use baton_screen::{Ring, Screen};
use baton_wire::{
    Frame, GateShown,
    terminal::{Exit, MAX_OUTPUT, RunShown, Snapshot},
};
use bytes::Bytes;

/// How many of the last bytes are kept, for viewers that come back.
const KEPT: usize = 4 << 20;

/// A viewer that missed more is shown the screen instead.
const MOST_TAIL: u64 = 256 << 10;

/// Nobody may type, as far as is known.
const NOBODY: GateShown = GateShown {
    fence: None,
    writer: None,
    ended: None,
};

/// What a terminal shows.
#[derive(Debug)]
pub(super) struct Shown {
    attempt: Attempt,
    epoch: u64,
    screen: Screen,
    ring: Ring,
    /// Where it got its size: what was shown before fits into another one.
    sized_at: u64,
    gate: GateShown,
    gate_at: Instant,
    run: RunShown,
    exit: Option<(u64, Exit)>,
    /// The screen as a frame, while nothing has changed.
    drawn: Option<Bytes>,
}

/// What viewers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// More output.
    Output(u64, Bytes),
    /// A word for everybody.
    All(Frame),
    /// A word for whoever types under a grant.
    Typist(GrantId, Frame),
    /// Another size from an offset on. Nothing is left out, and the screen follows all the same:
    /// viewers' terminals disagree about what becomes of lines by that.
    Sized(u64, TerminalSize),
    /// Something is left out: the screen follows.
    Behind,
    /// Another life of the terminal: everything before means nothing any more.
    Anew,
}

impl Shown {
    /// A terminal of which nothing is known.
    pub(super) fn new(attempt: Attempt, now: Instant) -> Self {
        Self {
            attempt,
            epoch: 0,
            screen: Screen::new(TerminalSize::DEFAULT),
            ring: Ring::starting_at(0, KEPT),
            sized_at: 0,
            gate: NOBODY,
            gate_at: now,
            run: RunShown::default(),
            exit: None,
            drawn: None,
        }
    }

    /// Takes a frame of the feed.
    pub(super) fn take(&mut self, fed: Fed, now: Instant) -> Vec<Told> {
        let mut told = Vec::new();
        if (fed.attempt, fed.epoch) != (self.attempt, self.epoch) {
            *self = Self {
                epoch: fed.epoch,
                run: std::mem::take(&mut self.run),
                ..Self::new(fed.attempt, now)
            };
            told.push(Told::Anew);
        }
        self.frame(fed.frame, now, &mut told);
        told
    }

    fn frame(&mut self, frame: Frame, now: Instant, told: &mut Vec<Told>) {
        match frame {
            Frame::Output { offset, bytes } => {
                self.drawn = None;
                self.screen.feed(&bytes);
                self.ring.push(bytes.clone());
                told.push(Told::Output(offset, bytes));
            }
            Frame::Snapshot { offset, snapshot } => {
                self.redraw(offset, &snapshot);
                told.push(Told::Behind);
            }
            Frame::Gap { to, .. } => {
                self.begin_ring(to);
                told.push(Told::Behind);
            }
            Frame::Size { offset, size } => {
                self.resize(size);
                told.push(Told::Sized(offset, size));
            }
            Frame::Hello(hello) => {
                if hello.size != self.screen.size() {
                    self.resize(hello.size);
                    told.push(Told::Behind);
                }
                self.open_gate(self.ring.end(), hello.gate, now, told);
            }
            Frame::Writer { offset, gate } => self.open_gate(offset, gate, now, told),
            Frame::State(run) => told.extend(self.tell(&run)),
            Frame::Exit { offset, exit } => {
                self.exit = Some((offset, exit.clone()));
                told.push(Told::All(Frame::Exit { offset, exit }));
            }
            Frame::Accepted { grant, .. } => told.push(Told::Typist(grant, frame)),
            Frame::Refused(ref refused) => {
                told.extend(
                    refused
                        .grant
                        .map(|grant| Told::Typist(grant, frame.clone())),
                );
            }
            Frame::Said(_) => told.push(Told::All(frame)),
            _ => {}
        }
    }

    /// How things are with the run, as far as it is news.
    pub(super) fn tell(&mut self, news: &RunShown) -> Option<Told> {
        let before = self.run.clone();
        let run = &mut self.run;
        run.state = news.state.or(run.state);
        run.session = news.session.or(run.session);
        run.frozen = news.frozen.or(run.frozen);
        run.silent = news.silent.or(run.silent);
        (*run != before).then(|| Told::All(Frame::State(run.clone())))
    }

    /// The terminal's end, told by nobody: its run is over.
    pub(super) fn end(&mut self) -> Option<Told> {
        if self.exit.is_some() {
            return None;
        }
        let (offset, exit) = (self.ring.end(), Exit::default());
        self.exit = Some((offset, exit.clone()));
        Some(Told::All(Frame::Exit { offset, exit }))
    }

    /// Everything that it has shown, in bytes.
    pub(super) fn end_offset(&self) -> u64 {
        self.ring.end()
    }

    /// In which life of the terminal.
    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Under which attempt.
    pub(super) const fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Its size.
    pub(super) fn size(&self) -> TerminalSize {
        self.screen.size()
    }

    /// Who may type, with the time that is left by now.
    pub(super) fn gate(&self, now: Instant) -> GateShown {
        let mut gate = self.gate.clone();
        if let Some(writer) = &mut gate.writer {
            let passed = millis(now.saturating_duration_since(self.gate_at));
            writer.left_ms = writer.left_ms.saturating_sub(passed);
        }
        gate
    }

    /// The screen, as a frame.
    pub(super) fn screen(&mut self) -> Bytes {
        let offset = self.ring.end();
        let screen = &self.screen;
        let draw = || {
            let snapshot = screen.snapshot();
            let snapshot = Snapshot {
                size: snapshot.size,
                dump: snapshot.dump,
            };
            Frame::Snapshot { offset, snapshot }.encode()
        };
        self.drawn.get_or_insert_with(draw).clone()
    }

    /// What follows on an offset, as frames, for a viewer that comes back; none where the screen is
    /// better.
    pub(super) fn tail(&self, epoch: u64, offset: u64) -> Option<Vec<Bytes>> {
        let is_here = epoch == self.epoch && epoch != 0 && offset >= self.sized_at;
        if !is_here || self.ring.end().checked_sub(offset)? > MOST_TAIL {
            return None;
        }
        let mut at = offset;
        let mut frames = Vec::new();
        for mut chunk in self.ring.from(offset)? {
            while !chunk.is_empty() {
                let bytes = chunk.split_to(chunk.len().min(MAX_OUTPUT));
                let offset = at;
                at += bytes.len() as u64;
                frames.push(Frame::Output { offset, bytes }.encode());
            }
        }
        Some(frames)
    }

    /// What is said behind the screen: how things are.
    pub(super) fn present(&self) -> Vec<Bytes> {
        let mut frames = vec![Frame::State(self.run.clone()).encode()];
        if let Some((offset, exit)) = &self.exit {
            let (offset, exit) = (*offset, exit.clone());
            frames.push(Frame::Exit { offset, exit }.encode());
        }
        frames
    }

    fn redraw(&mut self, offset: u64, snapshot: &Snapshot) {
        self.screen = Screen::new(snapshot.size);
        self.screen.feed(&snapshot.dump);
        self.begin_ring(offset);
    }

    fn begin_ring(&mut self, offset: u64) {
        self.ring = Ring::starting_at(offset, KEPT);
        self.sized_at = offset;
        self.drawn = None;
    }

    fn resize(&mut self, size: TerminalSize) {
        self.screen.resize(size);
        self.sized_at = self.ring.end();
        self.drawn = None;
    }

    /// A gate that was heard of before says nothing new, whatever it says.
    fn open_gate(&mut self, offset: u64, gate: GateShown, now: Instant, told: &mut Vec<Told>) {
        let rank = |gate: &GateShown| gate.fence.map_or(0, Fence::get);
        if rank(&gate) < rank(&self.gate) {
            return;
        }
        self.gate = gate;
        self.gate_at = now;
        let gate = self.gate.clone();
        told.push(Told::All(Frame::Writer { offset, gate }));
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
