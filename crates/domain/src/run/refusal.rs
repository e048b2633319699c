//! Why a fact changes nothing.

use crate::run::state::StateName;

/// A fact that does not fit the state it meets. It changes nothing; the recorder keeps it as
/// evidence, except duplicates, which were kept before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {state} run refuses '{fact}': {refusal}")]
pub struct IllegalStep {
    /// The state that it met.
    pub state: StateName,
    /// The kind of fact.
    pub fact: &'static str,
    /// Why it changes nothing.
    pub refusal: Refusal,
}

/// Why a fact changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was applied before.
    #[error("it was applied before")]
    Duplicate,
    /// It speaks for an attempt that is over, or has not begun.
    #[error("it speaks for another attempt")]
    OtherAttempt,
    /// It comes from somebody who does not hold the lease.
    #[error("its sender does not hold the lease")]
    NotHolder,
    /// The state has no such step.
    #[error("the state has no such step")]
    WrongState,
    /// Its fence is not above that of the grant before.
    #[error("its fence does not rise")]
    StaleFence,
}

impl Refusal {
    /// The refusal as it is written in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::OtherAttempt => "other_attempt",
            Self::NotHolder => "not_holder",
            Self::WrongState => "wrong_state",
            Self::StaleFence => "stale_fence",
        }
    }
}
