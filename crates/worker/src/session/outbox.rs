//! What a terminal shows, on its way to the broker: the first bytes at once, then a message every
//! few milliseconds; whole screens now and then, for whoever joins. Answers to whoever types, and
//! the first that is shown after one, wait for nothing. Pure: it is told what time it is.

use std::{collections::VecDeque, time::Duration};

use baton_domain::Attempt;
use baton_wire::terminal::{Frame, Hello, MAX_OUTPUT, TerminalMessage};
use bytes::BytesMut;
use tokio::time::Instant;

/// Between two messages. With [`MAX_OUTPUT`] in each, 8 MB a second pass at most: what is more is
/// left where it comes from, which then shows the screen anew.
const BETWEEN: Duration = Duration::from_millis(4);
/// Bytes that may wait before no more are taken.
const ROOM: usize = 2 * MAX_OUTPUT;
/// What is shown after a key is its echo, if it is no longer than this.
const ECHO: usize = 4 << 10;
/// After so many bytes a whole screen is due.
const SCREEN_EVERY_BYTES: u64 = 256 << 10;
/// And after this time, when anything was shown in it.
const SCREEN_EVERY: Duration = Duration::from_secs(5);
/// Between two screens at least.
const BETWEEN_SCREENS: Duration = Duration::from_millis(250);
/// What a program says to come to the alternate screen, or back, begins like this.
const ALTERNATE: [&[u8]; 3] = [b"\x1b[?1049", b"\x1b[?1047", b"\x1b[?47"];

/// What waits to be published of one terminal.
#[derive(Debug)]
pub(super) struct Outbox {
    attempt: Attempt,
    epoch: u64,
    waiting: VecDeque<Frame>,
    bytes: usize,
    sent_at: Option<Instant>,
    /// Something waits that is not held back.
    urgent: bool,
    /// A key was taken, and nothing was shown since.
    typed: bool,
    /// What was published, or given up, in bytes since the terminal's start.
    sent: u64,
    need: Need,
    screen: Option<(u64, Vec<Frame>)>,
}

/// How much a whole screen is needed.
#[derive(Debug)]
struct Need {
    bytes: u64,
    since: Option<Instant>,
    now: bool,
    last: Option<Instant>,
}

impl Outbox {
    /// Of a terminal in this life.
    pub(super) const fn new(attempt: Attempt, epoch: u64) -> Self {
        Self {
            attempt,
            epoch,
            waiting: VecDeque::new(),
            bytes: 0,
            sent_at: None,
            urgent: false,
            typed: false,
            sent: 0,
            need: Need {
                bytes: 0,
                since: None,
                now: true,
                last: None,
            },
            screen: None,
        }
    }

    /// Takes what the host greets with: who may type was told to whoever watched then, and a screen
    /// tells it only to whoever begins with it.
    pub(super) fn greeted(&mut self, hello: &Hello, now: Instant) {
        if hello.gate.fence.is_some() {
            let gate = hello.gate.clone();
            self.take(Frame::Writer { offset: 0, gate }, now);
        }
    }

    /// Whether more is taken. What is not is dropped by the terminal's host, which says so.
    pub(super) const fn has_room(&self) -> bool {
        self.bytes < ROOM
    }

    /// Takes a frame of the terminal's.
    pub(super) fn take(&mut self, frame: Frame, now: Instant) {
        match frame {
            Frame::Output { offset, bytes } => {
                self.bytes += bytes.len();
                self.need.shown(&bytes, now);
                self.urgent |= self.typed && bytes.len() <= ECHO;
                self.typed = false;
                self.waiting.push_back(Frame::Output { offset, bytes });
            }
            Frame::Size { .. } | Frame::Writer { .. } | Frame::Exit { .. } => {
                self.need.now = true;
                self.urgent |= matches!(frame, Frame::Writer { .. });
                self.waiting.push_back(frame);
            }
            Frame::Accepted { .. } | Frame::Refused(_) => {
                self.urgent = true;
                self.typed |= matches!(frame, Frame::Accepted { .. });
                self.waiting.push_back(frame);
            }
            Frame::Snapshot { .. } | Frame::Gap { .. } | Frame::State(_) | Frame::Said(_) => {
                self.waiting.push_back(frame);
            }
            _ => {}
        }
    }

    /// A whole screen is being fetched: what is told from now on may not be in it.
    pub(super) const fn asked(&mut self) {
        self.need.now = false;
    }

    /// Takes a whole screen, as somebody who joins at the terminal's host gets it.
    pub(super) fn take_screen(&mut self, hello: Hello, offset: u64, screen: Frame) {
        self.screen = Some((offset, vec![Frame::Hello(hello), screen]));
    }

    /// When the next message may be sent, if there is one.
    pub(super) fn due(&self) -> Option<Instant> {
        let pause = if self.urgent { Duration::ZERO } else { BETWEEN };
        let free = self.sent_at.map(|at| at + pause);
        let waits = !self.waiting.is_empty() || self.screen_is_due();
        waits.then(|| free.unwrap_or_else(Instant::now))
    }

    /// The next message of output, if anything waits.
    pub(super) fn message(&mut self, now: Instant) -> Option<TerminalMessage> {
        let frames = self.next_frames();
        if frames.is_empty() {
            return None;
        }
        self.sent_at = Some(now);
        self.urgent = false;
        Some(self.of(frames))
    }

    /// The screen that is to be published before the next message: everything that it covers was
    /// published, and nothing after it.
    pub(super) fn screen(&mut self, now: Instant) -> Option<TerminalMessage> {
        let (frames, changed) = if self.screen_is_due() {
            // What changed while it was fetched wants another one.
            (self.screen.take()?.1, self.need.now)
        } else {
            // One that the host has sent by itself, at the start or behind what it left out.
            let shown = self
                .waiting
                .pop_front_if(|next| matches!(next, Frame::Snapshot { .. }))?;
            if let Frame::Snapshot { offset, .. } = &shown {
                self.sent = self.sent.max(*offset);
            }
            (vec![shown], false)
        };
        self.need = Need {
            bytes: 0,
            since: None,
            now: changed,
            last: Some(now),
        };
        self.sent_at = Some(now);
        Some(self.of(frames))
    }

    /// When a whole screen is to be asked for.
    pub(super) fn screen_due(&self) -> Option<Instant> {
        if self.screen.is_some() {
            return None;
        }
        self.need.due()
    }

    /// Something was not published: a whole screen stands for it.
    pub(super) const fn lost(&mut self) {
        self.need.now = true;
    }

    /// A screen could not be had: it is asked for again later.
    pub(super) const fn missed(&mut self, now: Instant) {
        self.need.now = true;
        self.need.last = Some(now);
    }

    fn screen_is_due(&self) -> bool {
        let screen = self.screen.as_ref();
        screen.is_some_and(|(offset, _)| *offset <= self.sent)
    }

    fn of(&self, frames: Vec<Frame>) -> TerminalMessage {
        TerminalMessage {
            attempt: self.attempt,
            epoch: self.epoch,
            frames,
        }
    }

    /// Frames for one message: output that follows on output is one frame.
    fn next_frames(&mut self) -> Vec<Frame> {
        let (mut frames, mut left) = (Vec::new(), MAX_OUTPUT);
        if let Some((offset, _)) = self.screen {
            // A screen goes out exactly where it stands.
            let before = usize::try_from(offset.saturating_sub(self.sent));
            left = left.min(before.unwrap_or(left));
        }
        let waits = |next: &mut Frame| !matches!(next, Frame::Snapshot { .. });
        while let Some(frame) = self.waiting.pop_front_if(waits) {
            let Frame::Output { offset, mut bytes } = frame else {
                if let Frame::Gap { to, .. } = frame {
                    self.sent = self.sent.max(to);
                }
                frames.push(frame);
                continue;
            };
            if left == 0 {
                self.waiting.push_front(Frame::Output { offset, bytes });
                break;
            }
            let piece = bytes.split_to(bytes.len().min(left));
            left -= piece.len();
            self.bytes -= piece.len();
            let end = offset + piece.len() as u64;
            self.sent = self.sent.max(end);
            if !bytes.is_empty() {
                let rest = Frame::Output { offset: end, bytes };
                self.waiting.push_front(rest);
            }
            match frames.last_mut() {
                Some(Frame::Output {
                    offset: at,
                    bytes: before,
                }) if *at + before.len() as u64 == offset => {
                    let mut joined = BytesMut::from(&before[..]);
                    joined.extend_from_slice(&piece);
                    *before = joined.freeze();
                }
                _ => frames.push(Frame::Output {
                    offset,
                    bytes: piece,
                }),
            }
        }
        frames
    }
}

impl Need {
    fn shown(&mut self, bytes: &[u8], now: Instant) {
        self.bytes += bytes.len() as u64;
        self.since.get_or_insert(now);
        let switches = |mark: &&[u8]| bytes.windows(mark.len()).any(|window| window == *mark);
        if ALTERNATE.iter().any(switches) {
            self.now = true;
        }
    }

    fn due(&self) -> Option<Instant> {
        let at_once = self.now || self.bytes >= SCREEN_EVERY_BYTES;
        let wanted = match self.since {
            _ if at_once => Instant::now(),
            Some(since) => since + SCREEN_EVERY,
            None => return None,
        };
        let free = self.last.map(|last| last + BETWEEN_SCREENS);
        Some(free.map_or(wanted, |free| free.max(wanted)))
    }
}

#[cfg(test)]
mod tests;
