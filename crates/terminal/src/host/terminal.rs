//! One terminal of an agent.

use bytes::Bytes;

use crate::pty::{Moved, Pty, Waits};

/// A terminal; without a program on it nothing happens there.
pub(super) struct Terminal {
    pty: Option<Pty>,
}

impl Terminal {
    pub(super) const fn new(pty: Option<Pty>) -> Self {
        Self { pty }
    }

    /// The next that happens.
    pub(super) async fn next(&mut self, waits: Waits) -> Moved {
        match &mut self.pty {
            Some(pty) => pty.next(waits).await,
            None => std::future::pending().await,
        }
    }

    /// Takes in what happened; what the terminal shows by that.
    pub(super) fn note(&mut self, moved: Moved) -> Bytes {
        match moved {
            Moved::Printed(bytes) => return bytes,
            Moved::Closed => self.pty = None,
        }
        Bytes::new()
    }

    /// Shows something as if it had been printed; what the terminal shows by that.
    pub(super) fn show(&mut self, bytes: Bytes) -> Bytes {
        bytes
    }

    /// Whether no program is on it.
    pub(super) const fn is_silent(&self) -> bool {
        self.pty.is_none()
    }

    /// Lets go of its programs.
    pub(super) fn close(&mut self) {
        self.pty = None;
    }
}
