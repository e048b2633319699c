//! For tests only: a private broker and a private database per test, the scripted model endpoint,
//! sample repositories, faults on the wire, and the built binary as a process.
//!
//! A tool that is missing is a panic that names `scripts/bootstrap`, never a skipped test.
#![expect(
    clippy::missing_panics_doc,
    reason = "a test helper's way of failing is to panic with the reason"
)]

mod artifact_sink;
mod broker;
pub mod claude;
pub mod codex;
#[cfg(feature = "containers")]
mod containers;
mod database;
mod fault;
pub mod git;
mod github;
mod http;
mod leftovers;
mod model;
mod process;
mod scratch;
mod source;
mod tmate_relay;
mod tools;
mod verbs;

pub use artifact_sink::ArtifactSink;
pub use baton_standalone::free_port;
pub use broker::TestBroker;
pub use database::TestDatabase;
pub use fault::Proxy;
pub use github::{Answer, Asked, GitHubStub};
pub use http::http;
pub use model::{Fault, FaultKind, ModelEndpoint, Recorded, Script, Speech, Turn, Usage};
pub use nix::sys::signal::Signal;
pub use process::{Process, ProcessOptions};
pub use tmate_relay::{HostSeen, RelayManner, RelaySeen, TmateRelay};
