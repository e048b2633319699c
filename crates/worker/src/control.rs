//! Control of an attempt: what operators wish of a run, folded into what its agent's host is told
//! and what is said of it. The core is plain functions from inputs to effects, without clock, disk
//! or network; the keeper is the thin task around it.

mod budget;
mod command;
mod core;
mod effect;
mod hand_back;
mod helm;
mod help;
mod hold;
mod input;
mod keeper;
mod kept;
mod left;
mod message;
mod pulse;
mod scope;
mod stall;
mod state;
mod takeover;
mod work;

#[cfg(test)]
mod tests;

pub(crate) use helm::{Helm, Posture};
pub(crate) use input::{AgentNow, End, Input, ScopeHold, Used};
pub(crate) use keeper::{Means, keep};
pub(crate) use kept::KeptControl;
