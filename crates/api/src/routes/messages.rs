//! What operators say to a run's agent.

pub(super) mod send;
