//! Role: who may say what on the broker.
//!
//! [`desk`] answers workers that ask where they stand. It runs inside the API and inside the
//! supervisor, any number of times: each inquiry reaches one of them.

pub mod desk;
