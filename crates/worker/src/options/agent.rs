//! What agents of every kind are told.

/// What becomes of an agent's requests for permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approvals {
    /// There are none: what its sandbox forbids, it hears at once.
    Never,
    /// People answer them, and the agent waits for that.
    Ask,
}
