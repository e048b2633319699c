//! Commands that drain workers.

use std::time::Duration;

use baton_domain::{DrainScope, DrainedRuns, Pool, WorkerId};
use clap::{Args, Subcommand};

use super::{ClientArgs, examples, id};

/// What is to take no more runs.
#[derive(Debug, Subcommand)]
pub(crate) enum DrainCommand {
    /// One worker
    #[command(after_help = examples::DRAIN_WORKER)]
    Worker {
        /// The worker's name
        #[arg(value_parser = id::worker)]
        worker: WorkerId,
        #[command(flatten)]
        drain: DrainArgs,
    },
    /// A pool: its workers take no more runs of it
    #[command(after_help = examples::DRAIN_POOL)]
    Pool {
        /// The pool's name
        pool: Pool,
        #[command(flatten)]
        drain: DrainArgs,
    },
    /// Every worker
    #[command(after_help = examples::DRAIN_FLEET)]
    Fleet {
        #[command(flatten)]
        drain: DrainArgs,
    },
    /// List what is drained
    #[command(after_help = examples::DRAIN_LIST)]
    List(ClientArgs),
}

/// Why, and for how long.
#[derive(Debug, Clone, Args)]
pub(crate) struct DrainArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// Why, for whoever finds idle workers
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: String,
    /// When it ends by itself, such as 90s, 30m, 2h or 3d [default: never]
    #[arg(long = "for", value_name = "TIME", value_parser = length)]
    pub(crate) length: Option<Duration>,
    /// What becomes of the runs that are held: finish (they go on to their end) or pause (they stand
    /// still until the drain ends)
    #[arg(long, value_name = "WHAT", default_value = "finish")]
    pub(crate) runs: DrainedRuns,
}

/// What takes runs again.
#[derive(Debug, Subcommand)]
pub(crate) enum UndrainCommand {
    /// One worker
    #[command(after_help = examples::UNDRAIN)]
    Worker {
        /// The worker's name
        #[arg(value_parser = id::worker)]
        worker: WorkerId,
        #[command(flatten)]
        undrain: UndrainArgs,
    },
    /// A pool
    #[command(after_help = examples::UNDRAIN)]
    Pool {
        /// The pool's name
        pool: Pool,
        #[command(flatten)]
        undrain: UndrainArgs,
    },
    /// Every worker that is not drained by name or by its pool
    #[command(after_help = examples::UNDRAIN)]
    Fleet {
        #[command(flatten)]
        undrain: UndrainArgs,
    },
}

/// Why.
#[derive(Debug, Clone, Args)]
pub(crate) struct UndrainArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

impl UndrainCommand {
    /// Whose drain is over, and why.
    pub(crate) fn parts(self) -> (DrainScope, UndrainArgs) {
        match self {
            Self::Worker { worker, undrain } => (DrainScope::Worker(worker), undrain),
            Self::Pool { pool, undrain } => (DrainScope::Pool(pool), undrain),
            Self::Fleet { undrain } => (DrainScope::Fleet, undrain),
        }
    }
}

/// A length of time, as people write it.
pub(super) fn length(text: &str) -> Result<Duration, String> {
    const RULE: &str = "use a whole number and a unit, such as 90s, 30m, 2h or 3d, up to 365d";
    const MOST: u64 = 365 * 86_400;
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err(RULE.to_owned()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| RULE)?;
    let seconds = number.checked_mul(unit).filter(|s| (1..=MOST).contains(s));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| RULE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1_800),
            ("2h", 7_200),
            ("365d", 31_536_000),
        ] {
            assert_eq!(length(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "h",
            "2",
            "2 h",
            "-1h",
            "0s",
            "366d",
            "2w",
            "ü",
            "99999999999999999999h",
        ] {
            assert!(length(text).is_err(), "{text}");
        }
    }
}
