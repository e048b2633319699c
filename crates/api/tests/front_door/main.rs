//! The API from outside: a real server on a real port, with its own broker and database.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be had here is a failed test, told with its place"
)]

mod artifacts;
mod bad_input;
mod canary;
mod control;
mod dead_letters;
mod document;
mod drains;
mod fleet;
mod grants;
mod guard;
mod help;
mod identity;
mod joining;
mod keys;
mod live_session;
mod lost_grants;
mod messages;
mod outages;
mod placement;
mod reads;
mod recordings;
mod scripted_host;
mod sse;
mod streams;
mod submit;
mod terminal;
mod terminal_lives;
mod terminals;
mod typing;
mod worker;
mod world;
