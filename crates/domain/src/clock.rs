//! Wall-clock time as a value that is handed in, so that every core can be tested at any hour.

use chrono::{DateTime, SubsecRound, Utc};

/// Where wall-clock time comes from. Microseconds, since that is what Postgres keeps.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's own clock. The binary hands it to the roles; nothing in this crate reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still, for tests and replays.
impl Clock for DateTime<Utc> {
    fn now(&self) -> DateTime<Utc> {
        *self
    }
}
