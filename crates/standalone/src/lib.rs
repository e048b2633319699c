//! Private child processes of one machine: a NATS server and a Postgres, found, started and stopped.
//!
//! `baton dev` and the tests build on this. It knows nothing of runs, subjects or tables: what
//! leaves this crate is a URL and a process that can be stopped, killed and started again at the
//! same address with the same data. A child never outlives its owner.

mod child;
mod error;
mod identity;
mod locate;
mod nats;
mod port;
mod postgres;

pub use child::{Child, leashed};
pub use error::Error;
pub use locate::{PostgresBinaries, Search};
pub use nats::{NatsOptions, NatsServer, SyncPolicy};
pub use port::free_port;
pub use postgres::{Durability, Postgres, PostgresOptions};

/// What every fallible function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;
