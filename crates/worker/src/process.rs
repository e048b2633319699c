//! Programs that the worker starts for itself, such as git: each in a process group of its own,
//! without input unless it is given some, and ended as a whole. Agents live in hosts of their own.

mod supervise;

use baton_domain::{Attempt, RunId};
use baton_terminal::Mark;

pub(crate) use supervise::{Ended, Finished, ProgramError, Sinks, Spec, run};

/// The variables by which an attempt's processes are known.
pub(crate) fn mark(run: RunId, attempt: Attempt) -> Mark {
    Mark::new([
        ("BATON_RUN_ID", run.to_string()),
        ("BATON_ATTEMPT", attempt.to_string()),
    ])
}
