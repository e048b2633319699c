//! Redaction of a text that comes in pieces. The result is the same however it is cut, and no
//! more is held back than what may be the beginning of a secret.

use std::{cmp::Reverse, sync::Arc};

use aho_corasick::automaton::StateID;

use crate::{
    Cover,
    patterns::{Found, Patterns},
};

/// One text on its way through.
#[derive(Debug)]
pub struct Stream(Option<Flow>);

#[derive(Debug)]
struct Flow {
    patterns: Arc<Patterns>,
    cover: Cover,
    state: StateID,
    /// What is not passed on yet; its first byte stands at `base` in the text.
    pending: Vec<u8>,
    base: usize,
    found: Vec<Found>,
    /// Everything before this place belongs to a secret whose cover is out, or begun.
    covered: usize,
}

impl Stream {
    pub(crate) fn new(patterns: Option<Arc<Patterns>>, cover: Cover) -> Self {
        Self(patterns.map(|patterns| Flow {
            cover,
            state: patterns.start(),
            patterns,
            pending: Vec::new(),
            base: 0,
            found: Vec::new(),
            covered: 0,
        }))
    }

    /// Takes the next piece, and gives what is clean by now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        match &mut self.0 {
            Some(flow) => flow.push(bytes),
            None => bytes.to_vec(),
        }
    }

    /// The text has ended, or rests: what was held back. What comes after starts anew.
    pub fn finish(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Some(flow) => flow.finish(),
            None => Vec::new(),
        }
    }

    /// Passes on what was held back although a secret may begin there, because somebody waits to
    /// see it. Whatever of that secret is still to come is covered.
    pub fn release(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Some(flow) => flow.emit(flow.base + flow.pending.len()),
            None => Vec::new(),
        }
    }

    /// How many bytes are held back.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.as_ref().map_or(0, |flow| flow.pending.len())
    }
}

/// Looks for a secret without taking it out.
#[derive(Debug)]
pub struct Search(Option<(Arc<Patterns>, StateID)>);

impl Search {
    pub(crate) fn new(patterns: Option<Arc<Patterns>>) -> Self {
        Self(patterns.map(|patterns| {
            let start = patterns.start();
            (patterns, start)
        }))
    }

    /// The name of a secret that ends in this piece.
    pub fn push(&mut self, bytes: &[u8]) -> Option<String> {
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
        // Of the beginning of a secret a part may be released already.
        self.emit((end - self.patterns.depth(self.state)).max(self.base))
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
        let decided: Vec<Found> = self.found.drain(..decided).collect();
        for Found {
            start,
            end: Reverse(end),
            secret,
        } in decided
        {
            // What was released is gone.
            let start = start.max(self.base);
            // One that overlaps the one before goes under its mark.
            if start >= self.covered {
                at = self.pass_on(at, start, &mut clean);
                if self.cover == Cover::Mark {
                    clean.extend_from_slice(self.patterns.mark(secret).as_bytes());
                }
            }
            self.covered = self.covered.max(end);
        }
        self.pass_on(at, limit, &mut clean);
        self.pending.drain(..limit - self.base);
        self.base = limit;
        clean
    }

    /// Passes on the text between two places, without what belongs to the secret before them;
    /// gives the second place.
    fn pass_on(&self, from: usize, to: usize, clean: &mut Vec<u8>) -> usize {
        let plain = from.max(self.covered).min(to);
        if self.cover == Cover::SameLength {
            clean.resize(clean.len() + plain - from, b'*');
        }
        clean.extend_from_slice(&self.pending[plain - self.base..to - self.base]);
        to
    }
}
