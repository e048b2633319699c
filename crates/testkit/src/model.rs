//! The scripted model: an endpoint that speaks the Responses API as far as the real Codex CLI
//! uses it, and the Messages API as far as Claude Code does. It says what a [`Script`] tells it to, and remembers what it was asked.

mod endpoint;
mod messages;
mod script;
mod sse;

pub use endpoint::{ModelEndpoint, Recorded, Speech};
pub use script::{Fault, FaultKind, Script, Turn, Usage};
