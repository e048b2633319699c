//! What a terminal shows. Pure: no IO, no tasks, no clock.
//!
//! A program's bytes go through one [`Console`], at the terminal's host: it sanitises them, keeps the
//! screen, answers questions. What it passes on is what everybody else sees: viewers, recordings, and
//! the [`Screen`]s that others keep in step to draw it for those who join. All of them carry out the
//! same small set of instructions, which terminals agree about; tests hold it against xterm.js.

pub mod cast;
mod charset;
mod console;
mod dump;
mod history;
mod interpret;
mod op;
mod osc;
mod page;
mod params;
mod pen;
mod plain;
mod query;
mod ring;
mod row;
mod run;
mod sanitise;
mod screen;
mod settings;
mod sgr;
mod snapshot;
mod state;
mod token;
mod view;
mod width;

pub use console::{Console, Passed};
pub use plain::Plain;
pub use query::{BACKGROUND, FOREGROUND};
pub use ring::Ring;
pub use sanitise::Sanitiser;
pub use screen::Screen;
pub use snapshot::Snapshot;
pub use view::View;
pub use width::ranges_of_width;
