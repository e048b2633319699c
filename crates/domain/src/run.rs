//! The life of one run: facts in, state out. Everything that shows or keeps a run's state folds
//! the same facts with [`Run::apply`].

mod apply;
pub mod control;
mod fact;
pub mod session;
mod state;
#[cfg(test)]
mod tests;

pub use apply::{IllegalStep, Refusal};
pub use fact::{Command, Fact, FactKind, RunEvent};
pub use state::{EndStep, Lease, PauseKind, ReleaseWish, Run, RunState, Stage, StateName};
