//! One gapless sequence out of what is heard live and what was kept: by epoch and offset, and by
//! the message where frames have no offset.

use std::collections::VecDeque;

use baton_domain::Attempt;
use baton_wire::{Frame, TerminalMessage};
use bytes::{Buf as _, Bytes};
use chrono::{DateTime, Utc};

use super::seen::Seen;

/// A frame of a terminal's feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fed {
    /// Under which attempt.
    pub attempt: Attempt,
    /// In which life of the terminal; a higher one begins with nothing shown.
    pub epoch: u64,
    /// When the broker took it, for what was kept; none for what is heard live.
    pub kept_at: Option<DateTime<Utc>>,
    /// The frame. Output follows on output without a hole, unless a [`Frame::Gap`] says so.
    pub frame: Frame,
}

/// What to do about a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holes {
    /// Take nothing of a message behind one: it may be filled.
    Wait,
    /// Say that there is one and go on.
    Tell,
}

/// Whether a message was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken,
    /// Something is missing before it, and nothing of it was taken.
    Missing,
}

/// A message of a terminal, with its bytes, by which it is known again.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) message: TerminalMessage,
    pub(super) payload: Bytes,
    pub(super) kept_at: Option<DateTime<Utc>>,
}

/// How far the sequence goes.
#[derive(Debug, Default)]
pub(super) struct Splice {
    /// 0 before anything was taken.
    epoch: u64,
    /// The offset that comes next.
    next: u64,
    /// Whether something is missing before it: then the next whole screen is taken.
    holed: bool,
    seen: Seen,
    /// Whether messages may come that were taken before.
    overlaps: bool,
    ready: VecDeque<Fed>,
}

impl Heard {
    pub(super) fn read(payload: Bytes, kept_at: Option<DateTime<Utc>>) -> Option<Self> {
        let message = TerminalMessage::decode(payload.clone())
            .inspect_err(|error| tracing::debug!(%error, "a terminal's words cannot be read"))
            .ok()?;
        Some(Self {
            message,
            payload,
            kept_at,
        })
    }

    /// What the whole screen in it shows everything up to.
    pub(super) fn screen_offset(&self) -> Option<u64> {
        let mut frames = self.message.frames.iter();
        frames.find_map(|frame| match frame {
            Frame::Snapshot { offset, .. } => Some(*offset),
            _ => None,
        })
    }
}

impl Splice {
    /// The next frame that is due.
    pub(super) fn pop(&mut self) -> Option<Fed> {
        self.ready.pop_front()
    }

    /// Where the sequence stands; none before anything was taken.
    pub(super) fn place(&self) -> Option<(u64, u64)> {
        (self.epoch != 0).then_some((self.epoch, self.next))
    }

    /// From now on messages may come that were taken before.
    pub(super) fn overlap(&mut self) {
        self.overlaps = true;
    }

    /// Takes a whole screen, if it is of use: at the beginning, or where something is missing.
    pub(super) fn screen(&mut self, heard: &Heard, holes: Holes) -> Verdict {
        let Some(offset) = heard.screen_offset() else {
            return Verdict::Taken;
        };
        let epoch = heard.message.epoch;
        let is_new = epoch > self.epoch;
        let is_ahead = epoch == self.epoch && offset > self.next;
        let heals = epoch == self.epoch && offset == self.next && self.holed;
        if is_ahead && holes == Holes::Wait && !self.holed {
            return Verdict::Missing;
        }
        if !(is_new || is_ahead || heals) {
            return Verdict::Taken;
        }
        if is_ahead {
            self.tell_gap(heard, offset);
        }
        self.epoch = epoch;
        self.next = offset;
        self.holed = false;
        for frame in &heard.message.frames {
            self.push(heard, frame.clone());
        }
        Verdict::Taken
    }

    /// Takes what a terminal shows next.
    pub(super) fn output(&mut self, heard: Heard, holes: Holes) -> Verdict {
        if heard.message.epoch < self.epoch {
            return Verdict::Taken;
        }
        let base = if heard.message.epoch == self.epoch {
            self.next
        } else {
            0
        };
        if holes == Holes::Wait && begins_behind(&heard.message.frames, base) {
            return Verdict::Missing;
        }
        let known = self.seen.note(&heard.payload);
        let repeated = known && self.overlaps;
        if !known && heard.kept_at.is_none() {
            self.overlaps = false;
        }
        if heard.message.epoch > self.epoch {
            self.epoch = heard.message.epoch;
            self.next = 0;
            self.holed = false;
        }
        let (is_past, from) = (is_past(&heard, self.next), self.next);
        for frame in heard.message.frames.clone() {
            // Its beginning may be past, and its end still news: who may type, how it ended.
            let is_news = shown(&frame).is_some_and(|offset| offset >= from);
            let old = repeated || (is_past && !is_news);
            self.frame(&heard, frame, old);
        }
        Verdict::Taken
    }

    fn frame(&mut self, heard: &Heard, frame: Frame, old: bool) {
        match frame {
            Frame::Output { offset, bytes } => self.bytes(heard, offset, bytes),
            Frame::Snapshot { offset, .. }
                if offset > self.next || (offset == self.next && self.holed) =>
            {
                self.next = offset;
                self.holed = false;
                self.push(heard, frame);
            }
            Frame::Snapshot { .. } => {}
            Frame::Gap { to, .. } => self.tell_gap(heard, to),
            frame if !old => self.push(heard, frame),
            _ => {}
        }
    }

    fn bytes(&mut self, heard: &Heard, offset: u64, mut bytes: Bytes) {
        if offset > self.next {
            self.tell_gap(heard, offset);
        }
        let end = offset.saturating_add(bytes.len() as u64);
        if end <= self.next {
            return;
        }
        // What was shown before lies in memory, so its length fits.
        bytes.advance((self.next - offset) as usize);
        let offset = self.next;
        self.next = end;
        self.push(heard, Frame::Output { offset, bytes });
    }

    fn tell_gap(&mut self, heard: &Heard, to: u64) {
        if to <= self.next {
            return;
        }
        let from = self.next;
        self.next = to;
        self.holed = true;
        self.push(heard, Frame::Gap { from, to });
    }

    fn push(&mut self, heard: &Heard, frame: Frame) {
        self.ready.push_back(Fed {
            attempt: heard.message.attempt,
            epoch: heard.message.epoch,
            kept_at: heard.kept_at,
            frame,
        });
    }
}

/// Whether the first bytes in it are not those that come next.
fn begins_behind(frames: &[Frame], next: u64) -> bool {
    let first = frames.iter().find_map(|frame| match frame {
        // A hole that its sender knows of is not to be filled.
        Frame::Gap { .. } | Frame::Snapshot { .. } => Some(0),
        _ => shown(frame),
    });
    first.is_some_and(|offset| offset > next)
}

/// Whether a kept message tells of what was shown before the place where the sequence stands.
fn is_past(heard: &Heard, next: u64) -> bool {
    let first = heard.message.frames.iter().find_map(shown);
    heard.kept_at.is_some() && first.is_some_and(|offset| offset < next)
}

fn shown(frame: &Frame) -> Option<u64> {
    match frame {
        Frame::Output { offset, .. }
        | Frame::Size { offset, .. }
        | Frame::Writer { offset, .. }
        | Frame::Exit { offset, .. }
        | Frame::Accepted { offset, .. } => Some(*offset),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
