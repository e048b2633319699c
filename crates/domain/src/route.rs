//! Who may take a claim: pool, run type, weight and required capabilities as one subject token.

use std::{collections::BTreeSet, fmt, str::FromStr};

use crate::{
    ids::InvalidId,
    names::{Capability, Pool},
    run_type::RunType,
    slots::Slots,
};

/// The queue that a run waits in. Its token is `<pool>_<run type>[_W<slots>][_<capability>...]`,
/// the run type with `-` for `_`, the slots when they are more than one (a capital: names have
/// none), capabilities sorted: `default_codex-exec_docker_gpu`, `default_command_W2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// The pool whose workers may take it.
    pub pool: Pool,
    /// What kind of work it is.
    pub run_type: RunType,
    /// How much of a worker each of its runs takes.
    pub slots: Slots,
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
        if self.slots > Slots::ONE {
            write!(f, "_W{}", self.slots)?;
        }
        self.capabilities
            .iter()
            .try_for_each(|name| write!(f, "_{name}"))
    }
}

impl FromStr for Route {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let refuse = || InvalidId("route", text.chars().take(200).collect());
        let mut parts = text.split('_').peekable();
        let pool = parts
            .next()
            .and_then(|p| p.parse().ok())
            .ok_or_else(refuse)?;
        let run_type = parts
            .next()
            .and_then(|p| p.replace('-', "_").parse().ok())
            .ok_or_else(refuse)?;
        let weight = parts.next_if(|part| part.starts_with('W'));
        let slots = weight
            .map_or(Ok(Slots::ONE), slots)
            .map_err(|()| refuse())?;
        let capabilities = parts
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| refuse())?;
        let route = Self {
            pool,
            run_type,
            slots,
            capabilities,
        };
        // One spelling only: unsorted or repeated capabilities, or `W1`, would name a second queue.
        if route.to_string() == text {
            Ok(route)
        } else {
            Err(refuse())
        }
    }
}

/// The weight in a token's part.
fn slots(part: &str) -> Result<Slots, ()> {
    let count = part.trim_start_matches('W').parse().map_err(|_| ())?;
    Slots::new(count).map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-03
    #[test]
    fn a_weight_has_its_place_in_the_token_and_one_spelling() {
        for good in [
            "default_command",
            "default_command_W2",
            "a_codex-exec_W64_docker_gpu",
        ] {
            assert_eq!(good.parse::<Route>().unwrap().to_string(), good);
        }
        for bad in [
            "a_command_W1",
            "a_command_W0",
            "a_command_W65",
            "a_command_W02",
            "a_command_WW2",
            "a_command_W",
            "a_command_docker_W2",
            "a_command_w2_",
            "a_command_W2_W2",
        ] {
            assert!(bad.parse::<Route>().is_err(), "{bad}");
        }
    }
}
