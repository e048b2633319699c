//! What a terminal shows: its screen, and the last of what it has shown.

use baton_domain::TerminalSize;
use bytes::Bytes;

/// How much of what was shown is kept, in bytes.
const KEPT: usize = 4 << 20;

/// A terminal's screen and ring.
pub(super) struct View {
    ring: Vec<u8>,
    offset: u64,
}

impl View {
    pub(super) fn new(_size: TerminalSize) -> Self {
        Self {
            ring: Vec::new(),
            offset: 0,
        }
    }

    /// Shows something; what the terminal answers to it.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.ring.extend_from_slice(bytes);
        self.offset += bytes.len() as u64;
        if self.ring.len() > 2 * KEPT {
            self.ring.drain(..self.ring.len() - KEPT);
        }
        Vec::new()
    }

    /// All that was shown, in bytes.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn resize(&mut self, _size: TerminalSize) {}

    /// What draws the screen in a terminal that was reset.
    pub(super) fn dump(&self) -> Bytes {
        let most = self.ring.len().min(128 << 10);
        Bytes::copy_from_slice(&self.ring[self.ring.len() - most..])
    }

    /// What was shown since; none when that is not kept, or did not happen yet.
    pub(super) fn since(&self, offset: u64) -> Option<Bytes> {
        let length = usize::try_from(self.offset.checked_sub(offset)?).ok()?;
        let start = self.ring.len().checked_sub(length)?;
        Some(Bytes::copy_from_slice(&self.ring[start..]))
    }
}
