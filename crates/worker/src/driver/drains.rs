//! Drains: whose runs are taken for now.

use baton_domain::{Drain, Share};

use super::{Doing, Driver};
use crate::{
    control::{Input, ScopeHold},
    dispatcher,
};

impl Driver {
    pub(super) async fn heard(&mut self, drains: Vec<Drain>) {
        let share = self.drained.heard(drains, self.shop.clock.now()).cloned();
        self.pause_runs();
        self.obey(share).await;
    }

    /// A drain may have ended by itself.
    pub(super) async fn look_at_drains(&mut self) {
        let share = self.drained.look(self.shop.clock.now()).cloned();
        self.pause_runs();
        self.obey(share).await;
    }

    /// Tells every run whether operators pause its scope.
    fn pause_runs(&self) {
        for doing in self.doing.values() {
            self.pause_run(doing);
        }
    }

    /// Tells a run whether operators pause its scope, once that is known.
    pub(super) fn pause_run(&self, doing: &Doing) {
        let now = self.shop.clock.now();
        if let Some(drain) = self.drained.pause_of(&doing.pool, now) {
            let held = drain.map(|drain| ScopeHold {
                scope: drain.scope.to_string(),
                by: drain.actor.to_string(),
                note: drain.note.clone(),
            });
            doing.helm.tell(Input::Scope(held));
        }
    }

    /// Takes runs of the pools that drains leave, if that has changed.
    pub(super) async fn obey(&mut self, share: Option<Share>) {
        match share {
            None => return,
            Some(Share::Nothing(drain)) => {
                tracing::info!(scope = %drain.scope, by = %drain.actor, note = drain.note, "drained: takes no more runs");
                self.handle(dispatcher::Input::Drained).await;
            }
            Some(Share::Pools(pools)) => {
                if self.scope.pools != pools {
                    tracing::info!(?pools, "takes runs of these pools");
                    self.scope.pools = pools;
                    self.renew_source();
                }
                self.handle(dispatcher::Input::Undrained).await;
            }
        }
        self.beat().await;
    }

    /// From now on offers of the present scope are looked for: also by a search that is on its
    /// way, which is begun anew.
    pub(super) fn renew_source(&mut self) {
        if self.source.is_some() {
            let source = self.shop.bus.offers(self.scope.clone());
            self.source = Some(Box::new(source.within(self.room.subscribe())));
        } else {
            self.source_is_stale = true;
            self.search.cancel();
        }
    }
}
