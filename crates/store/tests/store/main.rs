//! The store against a real Postgres, one per test.

mod errors;
mod locks;
mod schema;
mod stage;
mod states;
