//! Drains: who takes no more runs for a while, and until when.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    control::DrainedRuns,
    ids::InvalidId,
    names::{Actor, Pool, WorkerId},
};

/// Who is drained.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DrainScope {
    /// Every worker.
    Fleet,
    /// A pool: its workers take no more runs of it.
    Pool(Pool),
    /// One worker.
    Worker(WorkerId),
}

/// A drain: workers of its scope take no more runs; those that they hold are finished, or paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    /// Who is drained.
    pub scope: DrainScope,
    /// Who wished it.
    pub actor: Actor,
    /// Why.
    pub note: String,
    /// When it was wished, by the API's clock.
    pub since: DateTime<Utc>,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// What becomes of the runs that are held.
    pub runs: DrainedRuns,
}

/// What drains leave to a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// It takes runs of these pools.
    Pools(BTreeSet<Pool>),
    /// It takes nothing, because of this drain.
    Nothing(Box<Drain>),
}

impl DrainScope {
    /// The scopes that concern a worker of these pools, the widest first.
    #[must_use]
    pub fn of_worker(worker: &WorkerId, pools: &BTreeSet<Pool>) -> Vec<Self> {
        let pools = pools.iter().cloned().map(Self::Pool);
        let mut scopes = vec![Self::Fleet, Self::Worker(worker.clone())];
        scopes.extend(pools);
        scopes
    }

    /// Whether it concerns a worker of these pools.
    #[must_use]
    pub fn concerns(&self, worker: &WorkerId, pools: &BTreeSet<Pool>) -> bool {
        match self {
            Self::Fleet => true,
            Self::Pool(pool) => pools.contains(pool),
            Self::Worker(name) => name == worker,
        }
    }
}

impl Drain {
    /// Whether it has not ended by itself.
    #[must_use]
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl Share {
    /// What a worker of these pools may take at `now`: the pools that no drain in force names. A
    /// drain of the whole fleet or of the worker itself comes before those of its pools.
    #[must_use]
    pub fn of(
        worker: &WorkerId,
        pools: &BTreeSet<Pool>,
        drains: &[Drain],
        now: DateTime<Utc>,
    ) -> Self {
        let in_force = |scope: &DrainScope| {
            let mut found = drains.iter().filter(|drain| drain.scope == *scope);
            found.find(|drain| drain.is_in_force(now))
        };
        let whole = [DrainScope::Fleet, DrainScope::Worker(worker.clone())];
        if let Some(drain) = whole.iter().find_map(in_force) {
            return Self::Nothing(Box::new(drain.clone()));
        }
        let drain_of = |pool: &Pool| in_force(&DrainScope::Pool(pool.clone()));
        let left: BTreeSet<Pool> = pools
            .iter()
            .filter(|pool| drain_of(pool).is_none())
            .cloned()
            .collect();
        match pools.iter().find_map(drain_of) {
            Some(drain) if left.is_empty() => Self::Nothing(Box::new(drain.clone())),
            _ => Self::Pools(left),
        }
    }

    /// The drain that leaves it nothing.
    #[must_use]
    pub fn drain(&self) -> Option<&Drain> {
        match self {
            Self::Pools(_) => None,
            Self::Nothing(drain) => Some(drain),
        }
    }
}

impl fmt::Display for DrainScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fleet => f.write_str("fleet"),
            Self::Pool(pool) => write!(f, "pool.{pool}"),
            Self::Worker(worker) => write!(f, "worker.{worker}"),
        }
    }
}

impl FromStr for DrainScope {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let scope = match text.split_once('.') {
            None if text == "fleet" => Some(Self::Fleet),
            Some(("pool", pool)) => pool.parse().ok().map(Self::Pool),
            Some(("worker", worker)) => worker.parse().ok().map(Self::Worker),
            _ => None,
        };
        scope.ok_or_else(|| InvalidId("drain scope", text.chars().take(100).collect()))
    }
}

impl TryFrom<String> for DrainScope {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<DrainScope> for String {
    fn from(scope: DrainScope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn worker(name: &str) -> WorkerId {
        name.parse().expect("a worker id")
    }

    fn pools(names: &[&str]) -> BTreeSet<Pool> {
        names
            .iter()
            .map(|name| name.parse().expect("a pool"))
            .collect()
    }

    fn drain(scope: &str, until: Option<i64>) -> Drain {
        Drain {
            scope: scope.parse().expect("a scope"),
            actor: "ada".to_owned().try_into().expect("an actor"),
            note: "new kernel".to_owned(),
            since: NOW,
            until: until.map(|seconds| NOW + TimeDelta::seconds(seconds)),
            runs: DrainedRuns::Finish,
        }
    }

    fn share(drains: &[Drain]) -> Share {
        Share::of(&worker("w-1"), &pools(&["a", "b"]), drains, NOW)
    }

    // W-11
    #[test]
    fn a_drain_of_the_fleet_or_of_the_worker_leaves_nothing_and_one_of_a_pool_the_others() {
        for scope in ["fleet", "worker.w-1"] {
            let all = [drain(scope, None), drain("pool.a", None)];
            assert_eq!(
                share(&all).drain().map(|d| d.scope.to_string()).as_deref(),
                Some(scope)
            );
        }
        assert_eq!(share(&[]), Share::Pools(pools(&["a", "b"])));
        assert_eq!(
            share(&[drain("worker.w-2", None)]),
            Share::Pools(pools(&["a", "b"]))
        );
        assert_eq!(
            share(&[drain("pool.c", None)]),
            Share::Pools(pools(&["a", "b"]))
        );
        assert_eq!(share(&[drain("pool.a", None)]), Share::Pools(pools(&["b"])));
        let both = [drain("pool.b", None), drain("pool.a", Some(1))];
        assert_eq!(
            share(&both).drain().map(|d| d.scope.to_string()).as_deref(),
            Some("pool.a")
        );
    }

    #[test]
    fn a_drain_ends_by_itself_at_its_time() {
        assert!(share(&[drain("fleet", Some(1))]).drain().is_some());
        assert!(share(&[drain("fleet", Some(0))]).drain().is_none());
        assert!(share(&[drain("fleet", Some(-1))]).drain().is_none());
    }

    proptest! {
        #[test]
        fn a_scope_is_read_as_it_is_written(kind in 0..3, name in "[a-z0-9][a-z0-9-]{0,62}") {
            let scope = match kind {
                0 => DrainScope::Fleet,
                1 => DrainScope::Pool(name.parse().expect("a pool")),
                _ => DrainScope::Worker(name.parse().expect("a worker id")),
            };
            prop_assert_eq!(scope.to_string().parse::<DrainScope>(), Ok(scope));
        }

        #[test]
        fn other_texts_are_no_scopes(text in "(fleet\\.|pool|worker|pool\\.|worker\\.A|x\\.y|)[A-Z. ]{0,3}") {
            prop_assert!(text.parse::<DrainScope>().is_err());
        }

        // W-11: what is left is served, and nothing that is drained.
        #[test]
        fn no_drained_pool_is_served_and_no_other_is_left_out(a: bool, b: bool, until in -2_i64..3) {
            let drains: Vec<Drain> = [("pool.a", a), ("pool.b", b)]
                .into_iter()
                .filter(|(_, drained)| *drained)
                .map(|(scope, _)| drain(scope, Some(until)))
                .collect();
            let ended = until <= 0;
            let expected: Vec<&str> = [("a", a), ("b", b)]
                .into_iter()
                .filter(|(_, drained)| ended || !drained)
                .map(|(name, _)| name)
                .collect();
            match share(&drains) {
                Share::Pools(left) => prop_assert_eq!(left, pools(&expected)),
                Share::Nothing(_) => prop_assert!(expected.is_empty()),
            }
        }
    }
}
