//! Role: who may say what on the broker.
//!
//! [`Gate`] lets workers in and sees to it that they are gone once their tokens are;
//! [`desk`] tells them where they stand. Both run inside the API and inside the supervisor, any
//! number of times: each question reaches one of them. [`keys`] makes what an installation needs.

pub mod desk;
mod gate;
mod jwt;
pub mod keys;

pub use gate::{Gate, GateDeps, GateOptions};
