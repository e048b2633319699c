//! How each run type is executed.

mod bounded_file;
pub(crate) mod claude;
pub(crate) mod claude_home;
mod claude_lines;
mod claude_plan;
mod claude_screen;
mod claude_session;
mod claude_settings;
mod claude_told;
pub(crate) mod codex;
mod codex_control;
pub(crate) mod codex_home;
mod codex_lines;
mod codex_plan;
mod codex_rollout;
mod codex_screen;
mod codex_sessions;
mod codex_teller;
pub(crate) mod command;
mod execute;
mod execution;
mod follow;
mod growing;
pub(crate) mod hooks;
mod order;
mod reader;
mod screen;
mod warnings;

pub(crate) use execute::{millis, never_started};
pub(crate) use execution::Execution;
pub(crate) use order::Order;
