//! The scripted model: an endpoint that speaks the Responses API as far as the real Codex CLI
//! uses it, says what a [`Script`] tells it to, and remembers what it was asked.

mod endpoint;
mod script;
mod sse;

pub use endpoint::{ModelEndpoint, Recorded};
pub use script::{Fault, FaultKind, Script, Turn, Usage};
