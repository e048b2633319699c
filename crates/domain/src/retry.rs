//! When a failed run is tried again. The jitter comes from the run's id, so that every reader of
//! the same events computes the same instant.

use chrono::TimeDelta;

use crate::{choices::choices, ids::RunId};

choices!(
    /// What the next attempt starts from.
    RetryWorkspace, "workspace" {
        /// The changed files of the attempt before, where its worker still has them.
        Keep = "keep",
        /// The repository as it is.
        Fresh = "fresh",
    }
);

/// How often, and after which delays, a run is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Failures after which the run is dead-lettered. At least 1.
    pub max_attempts: u32,
    /// Delay after the first failure, in seconds; it doubles with each further one.
    pub first_delay_seconds: u32,
    /// No delay is longer than this, in seconds.
    pub max_delay_seconds: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            first_delay_seconds: 5,
            max_delay_seconds: 300,
        }
    }
}

impl RetryPolicy {
    /// Whether a run that has failed this often may be tried again.
    #[must_use]
    pub const fn allows_another(&self, failures: u32) -> bool {
        failures < self.max_attempts
    }

    /// The delay after the n-th failure (0 means no failure yet: no delay), with up to a fifth
    /// taken off, different for each run.
    #[must_use]
    pub fn delay(&self, run: RunId, failures: u32) -> TimeDelta {
        let Some(doublings) = failures.checked_sub(1) else {
            return TimeDelta::zero();
        };
        let factor = 2_u64.saturating_pow(doublings.min(32));
        let full = u64::from(self.first_delay_seconds)
            .saturating_mul(factor)
            .min(u64::from(self.max_delay_seconds))
            .saturating_mul(1000);
        let taken = full / 5 * u64::from(spread(run, failures)) / 256;
        TimeDelta::milliseconds(i64::try_from(full - taken).unwrap_or(i64::MAX))
    }
}

/// A byte that differs between runs and between failures of one run.
fn spread(run: RunId, failures: u32) -> u8 {
    let bytes = *run.as_uuid().as_bytes();
    bytes[15]
        .wrapping_mul(31)
        .wrapping_add(bytes[14])
        .wrapping_add(failures.to_le_bytes()[0].wrapping_mul(97))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        // W-12
        #[test]
        fn delays_stay_between_four_fifths_and_the_cap(id: u128, failures in 0_u32..200, first in 0_u32..600, max in 0_u32..3600) {
            let policy = RetryPolicy { max_attempts: 3, first_delay_seconds: first, max_delay_seconds: max };
            let delay = policy.delay(RunId::from_uuid(Uuid::from_u128(id)), failures);
            prop_assert!(delay >= TimeDelta::zero());
            prop_assert!(delay <= TimeDelta::seconds(i64::from(max)));
            if failures == 1 {
                let full = TimeDelta::seconds(i64::from(first.min(max)));
                prop_assert!(delay * 5 >= full * 4);
            }
        }
    }

    #[test]
    fn no_failure_means_no_delay_and_the_limit_ends_retries() {
        let policy = RetryPolicy::default();
        assert_eq!(
            policy.delay(RunId::from_uuid(Uuid::nil()), 0),
            TimeDelta::zero()
        );
        assert!(policy.allows_another(2));
        assert!(!policy.allows_another(3));
    }
}
