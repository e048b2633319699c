//! The live session of a run: who may watch it, and who may type into it.

pub(crate) mod enable;
pub(crate) mod get;
pub(crate) mod grant_write;
pub(crate) mod release_write;
pub(crate) mod renew_write;
pub(crate) mod revoke;
pub(crate) mod revoke_write;
mod seen;
mod step;
pub(crate) mod ticket;
mod wish;
