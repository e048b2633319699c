//! How an attempt ended, for whoever started a worker for one run.

/// The end of the last attempt that a worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It did none: there was nothing to take.
    Idle,
    /// The work is done.
    Succeeded,
    /// It failed; whether it is tried again is not this worker's to know.
    Failed,
    /// Somebody wanted it ended.
    Cancelled,
    /// It is another worker's: handed back, or lost with its lease.
    GivenUp,
}
