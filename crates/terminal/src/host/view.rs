//! What a terminal shows: its screen, and the last of what it has shown.

use baton_domain::TerminalSize;
use baton_screen::{Console, Passed, Ring};
use baton_wire::terminal::{Frame, Snapshot};
use bytes::Bytes;

/// How much of what was shown is kept, in bytes.
const KEPT: usize = 4 << 20;
/// The longest tail that is sent instead of a snapshot, in bytes.
const LONGEST_TAIL: u64 = 256 << 10;

/// A terminal's screen and ring.
#[derive(Debug)]
pub(super) struct View {
    console: Console,
    ring: Ring,
    /// What it had shown when its size was last changed: from before, nothing can be replayed.
    sized_at: u64,
}

impl View {
    pub(super) fn new(size: TerminalSize) -> Self {
        Self {
            console: Console::new(size),
            ring: Ring::new(KEPT),
            sized_at: 0,
        }
    }

    /// Takes what a program printed: what is shown by that, and what the program is answered.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Passed {
        let passed = self.console.feed(bytes);
        self.ring.push(passed.output.clone());
        passed
    }

    /// All that was shown, in bytes.
    pub(super) fn offset(&self) -> u64 {
        self.ring.end()
    }

    pub(super) fn resize(&mut self, size: TerminalSize) {
        self.console.resize(size);
        self.sized_at = self.offset();
    }

    /// The screen as it is.
    pub(super) fn snapshot(&self) -> Frame {
        let snapshot = self.console.snapshot();
        Frame::Snapshot {
            offset: self.offset(),
            snapshot: Snapshot {
                size: snapshot.size,
                dump: snapshot.dump,
            },
        }
    }

    /// What was shown since, if that is enough to go on: it is kept, not long, and of one size.
    pub(super) fn since(&self, offset: u64) -> Option<Vec<Bytes>> {
        let length = self.offset().checked_sub(offset)?;
        if offset < self.sized_at || length > LONGEST_TAIL {
            return None;
        }
        self.ring.from(offset)
    }
}
