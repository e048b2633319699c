//! Watching terminals, and typing into them: one feed of a terminal for all who watch it here
//! ([`room`]), a bounded queue for each of them ([`queue`]), and the WebSocket in between
//! ([`socket`]).
//!
//! Nobody who watches is waited for: whoever does not keep up loses what waits for him and is
//! shown the screen as it is once he can take it. API servers share nothing but the broker.

mod batch;
mod crowd;
mod driver;
mod hub;
mod pace;
mod queue;
pub(crate) mod recording;
mod right;
mod room;
mod run;
mod shown;
mod socket;
mod streams;

pub(crate) use hub::Terminals;
pub(crate) use run::RunNow;
pub(crate) use socket::{Opening, serve};
pub(crate) use streams::keep as keep_streams;
