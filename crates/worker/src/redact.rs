//! Which secrets this worker knows, gathered once for an attempt, and taking them out of events
//! and files. How they are found is in `baton_redact`.

mod event;
mod file;
mod known;

#[cfg(test)]
pub(crate) use baton_redact::Secret;
pub(crate) use baton_redact::{Redactor, Search, Stream};
pub(crate) use event::event;
pub(crate) use file::{Kind, clean_copy, scan};
pub(crate) use known::known;
