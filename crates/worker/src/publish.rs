//! What becomes of the work: the patch, always, and a branch when one was asked for.

mod branch;
mod patch;

pub(crate) use branch::{Branch, push};
pub(crate) use patch::{Patch, write};
