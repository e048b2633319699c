//! The live session of a run: who may watch it, and who may type into it.

pub(crate) mod get;
pub(crate) mod ticket;
