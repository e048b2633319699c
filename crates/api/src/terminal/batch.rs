//! Output, gathered for viewers: the first piece goes out at once, and so does the first after
//! something was typed, so that an echo never waits; while more comes, one frame each few
//! milliseconds.

use std::time::{Duration, Instant};

use baton_wire::terminal::MAX_OUTPUT;
use bytes::{Bytes, BytesMut};

/// The least time between two frames, unless they are full.
const EVERY: Duration = Duration::from_millis(4);

/// What is shown after a key is its echo, if it is no longer than this.
const ECHO: usize = 4 << 10;

/// Output on its way out.
#[derive(Debug, Default)]
pub(super) struct Batch {
    held: BytesMut,
    /// Of the first byte that is held.
    offset: u64,
    last: Option<Instant>,
    /// Something was typed, and nothing was shown since.
    typed: bool,
}

/// A piece of output, with the offset of its first byte.
pub(super) type Piece = (u64, Bytes);

impl Batch {
    /// Something was typed: what is shown next is its echo.
    pub(super) const fn typed(&mut self) {
        self.typed = true;
    }

    /// Takes output that follows on what was taken before; gives what is to go out now.
    pub(super) fn push(&mut self, offset: u64, bytes: Bytes, now: Instant) -> Vec<Piece> {
        let is_echo = std::mem::take(&mut self.typed) && bytes.len() <= ECHO;
        let is_due = is_echo || self.is_due(now);
        if self.held.is_empty() {
            self.offset = offset;
            if bytes.len() <= MAX_OUTPUT && is_due {
                self.last = Some(now);
                return vec![(offset, bytes)];
            }
        }
        self.held.extend_from_slice(&bytes);
        if self.held.len() >= MAX_OUTPUT || is_due {
            self.flush(now)
        } else {
            Vec::new()
        }
    }

    /// When what is held has to go out; none while nothing is held.
    pub(super) fn due(&self) -> Option<Instant> {
        let last = self.last?;
        (!self.held.is_empty()).then(|| last + EVERY)
    }

    /// Everything that is held, in frames.
    pub(super) fn flush(&mut self, now: Instant) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while !self.held.is_empty() {
            let length = self.held.len().min(MAX_OUTPUT);
            let piece = self.held.split_to(length).freeze();
            pieces.push((self.offset, piece));
            self.offset += length as u64;
            self.last = Some(now);
        }
        pieces
    }

    fn is_due(&self, now: Instant) -> bool {
        self.last
            .is_none_or(|last| now.saturating_duration_since(last) >= EVERY)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    #[test]
    fn the_first_piece_goes_at_once_and_the_next_within_four_milliseconds() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut batch = Batch::default();
        assert_eq!(batch.push(0, bytes("a"), at(0)), [(0, bytes("a"))]);
        assert_eq!(batch.push(1, bytes("b"), at(1)), []);
        assert_eq!(batch.due(), Some(at(4)));
        assert_eq!(batch.push(2, bytes("c"), at(2)), []);
        assert_eq!(batch.flush(at(4)), [(1, bytes("bc"))]);
        assert_eq!(batch.due(), None);
        assert_eq!(batch.push(3, bytes("d"), at(9)), [(3, bytes("d"))]);
    }

    #[test]
    fn an_echo_goes_at_once_whatever_was_sent_just_before() {
        let now = Instant::now();
        let mut batch = Batch::default();
        assert_eq!(batch.push(0, bytes("a"), now), [(0, bytes("a"))]);
        batch.typed();
        assert_eq!(batch.push(1, bytes("x"), now), [(1, bytes("x"))]);
        assert_eq!(batch.push(2, bytes("b"), now), []);
        // It takes along what waits.
        batch.typed();
        assert_eq!(batch.push(3, bytes("y"), now), [(2, bytes("by"))]);
        batch.typed();
        let much = Bytes::from(vec![b'x'; ECHO + 1]);
        assert_eq!(batch.push(4, much, now), []);
    }

    #[test]
    fn what_fills_a_frame_goes_at_once() {
        let now = Instant::now();
        let mut batch = Batch::default();
        batch.push(0, bytes("a"), now);
        let much = Bytes::from(vec![b'x'; MAX_OUTPUT + 7]);
        let pieces = batch.push(1, much, now);
        let lengths: Vec<usize> = pieces.iter().map(|(_, bytes)| bytes.len()).collect();
        assert_eq!(lengths, [MAX_OUTPUT, 7]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_waits_longer_than_it_may(
            pieces in prop::collection::vec((0..6u64, 1..50_000usize), 1..40),
        ) {
            let mut batch = Batch::default();
            let (mut now, mut offset, mut next) = (Instant::now(), 0u64, 0u64);
            let mut out = Vec::new();
            for (pause, length) in pieces {
                now += Duration::from_millis(pause);
                if batch.due().is_some_and(|due| due <= now) {
                    out.extend(batch.flush(now));
                }
                out.extend(batch.push(offset, Bytes::from(vec![0; length]), now));
                offset += length as u64;
                prop_assert!(batch.held.len() < MAX_OUTPUT);
                prop_assert!(batch.due().is_none_or(|due| due <= now + EVERY));
            }
            out.extend(batch.flush(now));
            for (at, bytes) in out {
                prop_assert_eq!(at, next);
                prop_assert!(bytes.len() <= MAX_OUTPUT);
                next += bytes.len() as u64;
            }
            prop_assert_eq!(next, offset);
        }
    }
}
