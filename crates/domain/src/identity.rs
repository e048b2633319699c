//! Who may ask what: kinds of tokens, roles of operators, and what a worker's token allows.

mod pattern;

use std::collections::BTreeSet;

pub use pattern::{RepositoryPattern, WorkerPattern};

use crate::{Pool, RunType, WorkerId, choices::choices};

choices!(
    /// Whose token it is.
    TokenKind, "kind of token" {
        /// People and programs that ask the API.
        Operator = "operator",
        /// Workers: they take runs and bring files, and read nothing.
        Worker = "worker",
    }
);

choices!(
    /// What an operator may do. Each role may do what the one before it may, and more.
    Role, "role" {
        /// Reads everything but tokens.
        Viewer = "viewer",
        /// Submits, ends and tries again; drains.
        Operator = "operator",
        /// Makes and revokes tokens; takes leases away.
        Admin = "admin",
    }
);

/// What a worker's token allows. Empty sets allow everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerScope {
    /// The names that its worker may have.
    pub workers: WorkerPattern,
    /// Pools whose queues it may serve.
    pub pools: BTreeSet<Pool>,
    /// Repositories that it may work on.
    pub repositories: Vec<RepositoryPattern>,
    /// Kinds of run that it may take.
    pub run_types: BTreeSet<RunType>,
}

impl WorkerScope {
    /// Everything, for workers of these names.
    #[must_use]
    pub const fn everything(workers: WorkerPattern) -> Self {
        Self {
            workers,
            pools: BTreeSet::new(),
            repositories: Vec::new(),
            run_types: BTreeSet::new(),
        }
    }

    /// Whether a worker of this name may use the token.
    #[must_use]
    pub fn allows_worker(&self, worker: &WorkerId) -> bool {
        self.workers.matches(worker)
    }

    /// Whether this pool's queues may be served.
    #[must_use]
    pub fn allows_pool(&self, pool: &Pool) -> bool {
        self.pools.is_empty() || self.pools.contains(pool)
    }

    /// Whether runs of this kind may be taken.
    #[must_use]
    pub fn allows_run_type(&self, run_type: RunType) -> bool {
        self.run_types.is_empty() || self.run_types.contains(&run_type)
    }

    /// Whether this repository may be worked on. A run without one is not kept from anybody.
    #[must_use]
    pub fn allows_repository(&self, repository: Option<&str>) -> bool {
        self.repositories.is_empty()
            || repository.is_none_or(|name| self.repositories.iter().any(|p| p.matches(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_in_order() {
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
    }

    #[test]
    fn empty_sets_allow_everything_and_others_only_what_they_hold() {
        let mut scope = WorkerScope::everything("build-*".parse().unwrap());
        let (pool, other) = ("gpu".parse().unwrap(), "default".parse().unwrap());
        assert!(scope.allows_pool(&pool) && scope.allows_run_type(RunType::Command));
        assert!(scope.allows_repository(Some("/srv/a.git")) && scope.allows_repository(None));
        scope.pools.insert(pool.clone());
        scope.run_types.insert(RunType::CodexExec);
        scope.repositories.push("/srv/*".parse().unwrap());
        assert!(scope.allows_pool(&pool) && !scope.allows_pool(&other));
        assert!(!scope.allows_run_type(RunType::Command));
        assert!(scope.allows_repository(Some("/srv/a.git")));
        assert!(!scope.allows_repository(Some("/home/a.git")));
        assert!(scope.allows_repository(None));
        assert!(scope.allows_worker(&"build-1".parse().unwrap()));
        assert!(!scope.allows_worker(&"test-1".parse().unwrap()));
    }
}
