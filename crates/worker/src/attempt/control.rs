//! The attempt's control: kept from when it is known what was wished, and closed before its last word.

use super::{Attempt, Companions};
use crate::{
    control::{self, End, KeptControl, Means},
    git::Git,
    holds::{HeldBy, Holds},
    workspace::Workspace,
};

impl Attempt {
    /// Has control kept from here on.
    pub(super) fn keep_control(&self, companions: &mut Companions) {
        let Some(inputs) = self.inputs.lock().ok().and_then(|mut inputs| inputs.take()) else {
            return;
        };
        let means = Means {
            helm: self.helm.clone(),
            workspace: self.workspace.clone(),
            reporter: self.reporter.clone(),
            shelf: self.shelf.clone(),
            holds: self.holds.clone(),
            stop: self.stop.clone(),
            clock: self.shop.clock.clone(),
            // Without the attempt's mark: with it, all that carries it ends with each git command, the
            // agent too.
            git: Git::new(&self.shop.options, self.stop.clone()).hiding(self.reporter.redactor()),
        };
        let rules = (self.offer.clone(), self.shop.options.control);
        // Before anything else is waited for: whoever closes it finds it.
        let keeping = self.helm.keeping();
        companions.spawn(control::keep(means, keeping, inputs, rules));
    }

    /// Closes what is open before the attempt's last word.
    pub(super) async fn end_control(&self, end: End) {
        self.helm.close(end).await;
    }
}

/// An agent that a worker before this one held by force stays so until it is known what is wished.
pub(super) fn hold_on(workspace: &Workspace, holds: &Holds) {
    if KeptControl::read(workspace).is_forced() {
        let reason = "it was held when the worker was started again".to_owned();
        holds.hold(HeldBy::Operator, reason);
    }
}
