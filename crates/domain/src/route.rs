//! Who may take a claim: pool, run type and required capabilities as one subject token.

use std::{collections::BTreeSet, fmt, str::FromStr};

use crate::{
    ids::InvalidId,
    names::{Capability, Pool},
    spec::RunType,
};

/// The queue that a run waits in. Its token is `<pool>_<run type>[_<capability>...]`, the run
/// type with `-` for `_`, capabilities sorted: `default_codex-exec_docker_gpu`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// The pool whose workers may take it.
    pub pool: Pool,
    /// What kind of work it is.
    pub run_type: RunType,
    /// What a worker must have besides.
    pub capabilities: BTreeSet<Capability>,
}

impl Route {
    /// Whether a worker with these pools, run types and capabilities may take runs of this route.
    #[must_use]
    pub fn admits(
        &self,
        pools: &BTreeSet<Pool>,
        run_types: &BTreeSet<RunType>,
        capabilities: &BTreeSet<Capability>,
    ) -> bool {
        pools.contains(&self.pool)
            && run_types.contains(&self.run_type)
            && self.capabilities.is_subset(capabilities)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}_{}",
            self.pool,
            self.run_type.as_str().replace('_', "-")
        )?;
        self.capabilities
            .iter()
            .try_for_each(|name| write!(f, "_{name}"))
    }
}

impl FromStr for Route {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let refuse = || InvalidId("route", text.chars().take(200).collect());
        let mut parts = text.split('_');
        let pool = parts
            .next()
            .and_then(|p| p.parse().ok())
            .ok_or_else(refuse)?;
        let run_type = parts
            .next()
            .and_then(|p| p.replace('-', "_").parse().ok())
            .ok_or_else(refuse)?;
        let capabilities = parts
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| refuse())?;
        let route = Self {
            pool,
            run_type,
            capabilities,
        };
        // One spelling only: unsorted or repeated capabilities would name a second queue.
        if route.to_string() == text {
            Ok(route)
        } else {
            Err(refuse())
        }
    }
}
