//! The worker through its front door: real NATS, real git, real Codex.

#![cfg(test)]

mod adoption;
mod agents;
mod bench;
mod between_turns;
mod claude;
mod claude_screen;
mod codex;
mod codex_control;
mod codex_screen;
mod commands;
mod control;
mod control_agents;
mod cut_off;
mod drains;
mod leases;
mod outages;
mod publishing;
mod pull_requests;
mod redaction;
mod sandboxes;
mod scopes;
mod sessions;
mod terminals;
