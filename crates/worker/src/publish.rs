//! What becomes of the work: the patch, always, a branch when one was asked for, and a pull request
//! for it.

mod branch;
mod github;
mod guard;
mod patch;
mod pull_request;

pub(crate) use branch::{Branch, push};
pub(crate) use patch::{Changes, Patch, changes, count_changes, write, write_tree};
pub(crate) use pull_request::{Desk, Request, Witness, web_host};
