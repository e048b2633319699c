//! Role `worker`: claims runs, does them, and reports. It speaks to the broker through `bus` and
//! to the API over HTTP; it never touches the database.

mod api;
mod artifacts;
mod attempt;
mod beat;
mod carry;
mod checkout;
mod control;
mod dispatcher;
mod drain;
mod driver;
mod ending;
mod environment;
mod error;
mod git;
mod handlers;
mod holds;
mod http;
mod lease;
mod leash;
mod log_file;
mod options;
mod point;
mod preflight;
mod process;
mod publish;
mod recover;
mod redact;
mod report;
mod role;
mod scope;
mod session;
mod standing;
mod start;
mod stop;
mod text;
mod usage;
mod workspace;

pub use ending::Ending;
pub use error::WorkerError;
pub use options::{
    Approvals, ClaudeLogin, ClaudeOptions, ClaudeSandbox, CodexLogin, CodexOptions, CodexSandbox,
    ControlOptions, GitHubOptions, GitOptions, Lack, Limits, Mode, OnStop, Recording,
    SessionOptions, TmateOptions, TmatePatience, TmateRelayOptions, WhenDrained, WorkerOptions,
    WorkerToken,
};
pub use preflight::{PreflightError, PreflightReport, preflight};
pub use role::run;
