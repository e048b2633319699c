//! The gate of the terminals: what the API has signed is obeyed, shown and kept.

use std::time::Instant;

use baton_domain::{TerminalName, WriteEnd};
use baton_keys::{GateError, PublicKey, verify};
use baton_wire::{grant::SignedGate, http::PublicKeyInfo, terminal::Frame};

use super::{Live, Note};
use crate::{gate::Change, journal::What, protocol::GateRefused};

impl Live {
    /// Believes these keys from now on, and no others.
    pub(in crate::host) fn trust(&mut self, keys: &[PublicKeyInfo]) {
        self.keys = keys
            .iter()
            .filter_map(|key| {
                PublicKey::from_wire(key)
                    .inspect_err(|error| tracing::warn!(%error, "a key of the API is left out"))
                    .ok()
            })
            .collect();
    }

    /// Obeys what was signed. `ended` says how the grant before ended, if it was ended.
    ///
    /// # Errors
    /// When it is not to be obeyed.
    pub(in crate::host) fn obey_gate(
        &mut self,
        signed: &SignedGate,
        ended: WriteEnd,
        now: Instant,
    ) -> Result<(), GateRefused> {
        let gate = verify(signed, &self.keys).map_err(|error| GateRefused {
            reason: error.to_string(),
            unknown_key: match error {
                GateError::UnknownKey(key) => Some(key),
                _ => None,
            },
        })?;
        let changes = self
            .gate
            .apply(gate, ended, now)
            .map_err(|why| GateRefused {
                unknown_key: None,
                reason: format!("a gate is not obeyed: {why}"),
            })?;
        self.changed(changes, now);
        Ok(())
    }

    /// Lets nobody type any more.
    pub(in crate::host) fn close_gate(&mut self, cause: WriteEnd, now: Instant) {
        let changes = self.gate.close(cause);
        self.changed(changes, now);
    }

    /// Shows and keeps what has changed. What waited to be typed under a grant that is over is not
    /// typed any more; what was typed under it is on record before its end is.
    pub(super) fn changed(&mut self, changes: Vec<Change>, now: Instant) {
        if changes.is_empty() {
            return;
        }
        let over = changes
            .iter()
            .any(|change| matches!(change, Change::Ended(_)));
        if over {
            self.stop_typing(now);
            self.usual_sizes();
        }
        for change in changes {
            let what = match change {
                Change::Ended(ended) => What::WriteEnded(ended),
                Change::Moved(moved) => What::GateMoved(moved),
            };
            self.notes.push(Note::What(what));
        }
        let gate = self.gate.shown(now);
        for terminal in [&self.agent, &self.shell] {
            let (offset, gate) = (terminal.offset(), gate.clone());
            terminal.tell(offset, &Frame::Writer { offset, gate });
        }
        let shell = self
            .gate
            .writer()
            .is_some_and(|writer| writer.terminals.contains(&TerminalName::Shell));
        if shell {
            self.start_shell(now);
        }
    }
}
