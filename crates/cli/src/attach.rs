//! A run's terminal in the terminal of whoever watches: what comes in frames is drawn, what is typed
//! goes out in frames. Where the frames come from is not known here.
//!
//! The screen is kept by an emulator of our own and drawn from it. So a window of any size can watch,
//! and no question of the run's program ever reaches the window's own terminal, which would answer.

mod draw;
mod follow;
mod keys;
mod line;
mod plain;
mod tty;
mod typing;
mod watched;

pub(crate) use draw::{Painter, Status};
pub(crate) use follow::{Left, Typist, Watcher, follow};
pub(crate) use keys::DetachKey;
pub(crate) use line::{FarEnd, Heard, Line, Next, Wish};
pub(crate) use plain::print;
pub(crate) use tty::{Tty, is_terminal};
pub(crate) use typing::Right;
