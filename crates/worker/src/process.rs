//! Programs that the worker starts: each in a process group of its own, without input unless it
//! is given some, and ended as a whole.

mod family;
mod supervise;

pub(crate) use family::{Family, Mark, start_ticks};
pub(crate) use supervise::{Ended, Exit, Finished, ProgramError, Sinks, Spec, run};
