//! Whose offers a worker takes.

use std::collections::BTreeSet;

use baton_domain::{Capability, Pool, Route, RunType, Slots};

/// Whose offers a worker takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferScope {
    /// The pools that it serves.
    pub pools: BTreeSet<Pool>,
    /// The work that it does.
    pub run_types: BTreeSet<RunType>,
    /// What it has besides.
    pub capabilities: BTreeSet<Capability>,
}

impl OfferScope {
    /// Whether it may take runs of this route.
    #[must_use]
    pub fn admits(&self, route: &Route) -> bool {
        route.admits(&self.pools, &self.run_types, &self.capabilities)
    }

    /// The routes that ask for no capability: known before anybody submits a run for them.
    pub(super) fn plain_routes(&self) -> BTreeSet<Route> {
        let mut routes = BTreeSet::new();
        for pool in &self.pools {
            for run_type in &self.run_types {
                routes.insert(Route {
                    pool: pool.clone(),
                    run_type: *run_type,
                    slots: Slots::ONE,
                    capabilities: BTreeSet::new(),
                });
            }
        }
        routes
    }
}
