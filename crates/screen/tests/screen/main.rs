//! The crate by its front door.

mod answers;
mod casts;
mod dumps;
mod hostile;
#[path = "../noise.rs"]
mod noise;
mod oracle;
mod stream;

use baton_domain::TerminalSize;

pub(crate) use noise::noise;

/// A size for tests.
pub(crate) fn size(cols: u16, rows: u16) -> TerminalSize {
    TerminalSize::new(cols, rows).expect("a size that can be drawn")
}
