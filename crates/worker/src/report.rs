//! What an attempt says: written to disk first, sent in order, one message at a time, under the
//! lease's fence.

mod reporter;
mod sender;
mod spool;

pub(crate) use reporter::{Progress, Reporter};
pub(crate) use sender::{Outgoing, SendEnd, send_all, send_while_said};
pub(crate) use spool::Spool;
