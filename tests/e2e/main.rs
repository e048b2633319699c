//! Journeys through the built binary, a file each, named after what a user would see. Every part is
//! a process of its own, with a real NATS server, a real Postgres, the real git and the real Codex CLI.

mod stack;

mod adoption;
mod attached;
mod bad_input;
mod bench;
mod broker_outage;
mod canaries;
mod cancelled;
mod control;
mod dead_letters;
mod documents;
mod drains;
mod fences;
mod hard_times;
mod inbox;
mod killed_parts;
mod live_sessions;
mod lost_workers;
mod main_job;
mod nobody_admits;
mod one_machine;
mod one_turn;
mod rebuild;
mod refused;
mod slow_pushes;
mod subscriber;
mod terminal_tools;
mod tmate;
mod two_workers;
