//! The last bytes of a stream, by their offsets.

use std::collections::VecDeque;

use bytes::Bytes;

/// Keeps the end of a stream, up to a number of bytes.
#[derive(Debug)]
pub struct Ring {
    chunks: VecDeque<Bytes>,
    /// The offset of the first byte kept.
    start: u64,
    /// The offset behind the last.
    end: u64,
    most: usize,
}

impl Ring {
    /// An empty ring for `most` bytes of a stream that begins at offset 0.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self::starting_at(0, most)
    }

    /// An empty ring for `most` bytes of a stream that goes on at `offset`.
    #[must_use]
    pub fn starting_at(offset: u64, most: usize) -> Self {
        Self {
            chunks: VecDeque::new(),
            start: offset,
            end: offset,
            most,
        }
    }

    /// Appends the stream's next bytes and lets go of the oldest, chunk by chunk, so that no more
    /// than the bound is kept.
    pub fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        self.end += bytes.len() as u64;
        self.chunks.push_back(bytes);
        while self.end - self.start > self.most as u64 {
            let Some(first) = self.chunks.pop_front() else {
                break;
            };
            self.start += first.len() as u64;
        }
    }

    /// The offset of the first byte that is kept.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The offset behind the last byte.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Everything from `offset` on, in chunks that share the kept bytes; `None` when that is gone
    /// or has not come yet.
    #[must_use]
    pub fn from(&self, offset: u64) -> Option<Vec<Bytes>> {
        if !(self.start..=self.end).contains(&offset) {
            return None;
        }
        let mut at = self.start;
        let mut chunks = Vec::new();
        for chunk in &self.chunks {
            let next = at + chunk.len() as u64;
            if next > offset {
                let skipped = usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX);
                chunks.push(chunk.slice(skipped..));
            }
            at = next;
        }
        Some(chunks)
    }
}
