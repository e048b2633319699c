//! The life of one run: facts in, state out. Everything that shows or keeps a run's state folds
//! the same facts with [`Run::apply`].

mod apply;
pub mod control;
mod fact;
mod refusal;
pub mod session;
mod state;
#[cfg(test)]
mod tests;
mod wish;

pub use crate::control::PauseKind;
pub use fact::{Command, Fact, FactKind, RunEvent};
pub use refusal::{IllegalStep, Refusal};
pub use state::{EndStep, Lease, ReleaseWish, Run, RunState, Stage, StateName};
