//! Redaction of a text that comes in pieces. The result is the same however it is cut, and no
//! more is held back than what may be the beginning of a secret.

use std::{cmp::Reverse, sync::Arc};

use aho_corasick::automaton::StateID;

use super::patterns::{Found, Patterns};

/// One text on its way through.
#[derive(Debug)]
pub(crate) struct Stream(Option<Flow>);

#[derive(Debug)]
struct Flow {
    patterns: Arc<Patterns>,
    state: StateID,
    /// What is not passed on yet; its first byte stands at `base` in the text.
    pending: Vec<u8>,
    base: usize,
    found: Vec<Found>,
    /// Everything before this place belongs to a secret whose mark is out already.
    covered: usize,
}

impl Stream {
    pub(super) fn new(patterns: Option<Arc<Patterns>>) -> Self {
        Self(patterns.map(|patterns| Flow {
            state: patterns.start(),
            patterns,
            pending: Vec::new(),
            base: 0,
            found: Vec::new(),
            covered: 0,
        }))
    }

    /// Takes the next piece, and gives what is clean by now.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        match &mut self.0 {
            Some(flow) => flow.push(bytes),
            None => bytes.to_vec(),
        }
    }

    /// The text has ended, or rests: what was held back. What comes after starts anew.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Some(flow) => flow.finish(),
            None => Vec::new(),
        }
    }

    /// How many bytes are held back.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.0.as_ref().map_or(0, |flow| flow.pending.len())
    }
}

/// Looks for a secret without taking it out.
#[derive(Debug)]
pub(crate) struct Search(Option<(Arc<Patterns>, StateID)>);

impl Search {
    pub(super) fn new(patterns: Option<Arc<Patterns>>) -> Self {
        Self(patterns.map(|patterns| {
            let start = patterns.start();
            (patterns, start)
        }))
    }

    /// The name of a secret that ends in this piece.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<String> {
        let (patterns, state) = self.0.as_mut()?;
        let mut found = None;
        for byte in bytes {
            *state = patterns.step(*state, *byte);
            found = found.or_else(|| patterns.ending_here(*state));
        }
        found.map(|secret| patterns.name(secret).to_owned())
    }
}

impl Flow {
    fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut end = self.base + self.pending.len();
        for byte in bytes {
            end += 1;
            self.state = self.patterns.step(self.state, *byte);
            self.found.extend(self.patterns.ending(self.state, end));
        }
        self.pending.extend_from_slice(bytes);
        self.emit(end - self.patterns.depth(self.state))
    }

    fn finish(&mut self) -> Vec<u8> {
        self.state = self.patterns.start();
        let end = self.base + self.pending.len();
        let clean = self.emit(end);
        self.covered = end;
        clean
    }

    /// Passes on what stands before `limit`: no secret that is still to be found reaches there.
    fn emit(&mut self, limit: usize) -> Vec<u8> {
        self.found.sort_unstable();
        let mut clean = Vec::with_capacity(limit - self.base);
        let mut at = self.base;
        let decided = self.found.partition_point(|found| found.start < limit);
        for Found {
            start,
            end: Reverse(end),
            secret,
        } in self.found.drain(..decided)
        {
            // One that overlaps the one before goes under its mark.
            if start >= self.covered {
                let from = at.max(self.covered);
                clean.extend_from_slice(&self.pending[from - self.base..start - self.base]);
                clean.extend_from_slice(self.patterns.mark(secret).as_bytes());
                at = start;
            }
            self.covered = self.covered.max(end);
        }
        let from = at.max(self.covered);
        if from < limit {
            clean.extend_from_slice(&self.pending[from - self.base..limit - self.base]);
        }
        self.pending.drain(..limit - self.base);
        self.base = limit;
        clean
    }
}
