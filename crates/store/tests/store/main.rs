//! The store against a real Postgres, one per test.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be had here is a failed test, told with its place"
)]

mod accounts;
mod control;
mod errors;
mod events;
mod locks;
mod schema;
mod sessions;
mod stage;
mod states;
