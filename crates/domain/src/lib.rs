//! What a run is: ids, its specification, its states and the steps between them.
//! Pure: no IO, no broker, no database. Time and randomness are handed in.

pub mod activity;
mod choices;
pub mod clock;
pub mod control;
pub mod drain;
pub mod failure;
pub mod identity;
pub mod ids;
pub mod names;
pub mod placement;
pub mod retry;
pub mod route;
pub mod run;
mod run_type;
pub mod session;
pub mod slots;
pub mod spec;

pub use activity::Activity;
pub use clock::{Clock, SystemClock};
pub use control::{
    BudgetKind, Budgets, DrainedRuns, HelpEnd, HelpKind, MessageKind, MessageState, PauseCause,
    PauseMethod, PauseMode, ResumeCause, TakeoverEnd,
};
pub use drain::{Drain, DrainScope, Share};
pub use failure::{Failure, FailureCode};
pub use identity::{RepositoryPattern, Role, TokenKind, WorkerPattern, WorkerScope};
pub use ids::{Attempt, EventSeq, Fence, Generation, Position, RunId};
pub use names::{Actor, Capability, InvalidName, Pool, WorkerId};
pub use retry::RetryPolicy;
pub use route::Route;
pub use run::{
    EndStep, Fact, FactKind, IllegalStep, Lease, Refusal, ReleaseWish, Run, RunEvent, RunState,
    Stage, StateName,
};
pub use run_type::RunType;
pub use session::{
    Channel, GrantId, InvalidSize, Provider, SessionHealth, SessionStatus, TerminalName,
    TerminalSize, WriteEnd,
};
pub use slots::Slots;
pub use spec::{Priority, RunSpec};
