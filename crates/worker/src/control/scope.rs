//! Pauses of the run's worker, pool or fleet.

use baton_domain::ResumeCause;

use super::{
    core::{Cleared, Core},
    input::ScopeHold,
};

impl Core {
    /// What is wished of the scope now; told again and again.
    pub(super) fn scope(&mut self, scope: Option<ScopeHold>) {
        let known = self.state.scope.as_ref().map(|(_, held)| held);
        if known == scope.as_ref() {
            return;
        }
        if scope.is_none() {
            self.clear(Cleared {
                cause: ResumeCause::Scope,
                command: None,
            });
        }
        self.state.scope = scope.map(|held| (self.fresh(), held));
    }
}
