//! Bodies of the HTTP interface.

mod artifact;
mod info;
mod problem;
mod record;
mod run;
mod worker;

pub use artifact::{ArtifactInfo, ArtifactList};
pub use info::{Health, ServerInfo};
pub use problem::{PROBLEM_TYPES, Problem};
pub use run::{
    ControlEvent, ControlRequest, EventPage, EventRecord, LeaseInfo, RunError, RunResult, TaskRun,
    TaskRunPage, UsageInfo,
};
pub use worker::{WorkerInfo, WorkerList, WorkerRun};
