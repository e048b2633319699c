//! The store against a real Postgres, one per test.

mod accounts;
mod errors;
mod locks;
mod schema;
mod stage;
mod states;
