//! Which messages were taken lately: the same one comes live and out of the stream.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// How many messages are remembered.
const MOST: usize = 1_024;

/// The last messages.
#[derive(Debug, Default)]
pub(super) struct Seen {
    order: VecDeque<u64>,
    known: HashSet<u64>,
}

impl Seen {
    /// Remembers a message; whether it was known.
    pub(super) fn note(&mut self, payload: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        payload.hash(&mut hasher);
        let print = hasher.finish();
        if !self.known.insert(print) {
            return true;
        }
        self.order.push_back(print);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_known_and_the_first_are_forgotten() {
        let mut seen = Seen::default();
        for n in 0..2_000u32 {
            assert!(!seen.note(&n.to_le_bytes()));
            assert!(seen.note(&n.to_le_bytes()));
        }
        assert!(seen.note(&1_999u32.to_le_bytes()));
        assert!(!seen.note(&0u32.to_le_bytes()));
        assert_eq!(seen.known.len(), MOST);
    }
}
