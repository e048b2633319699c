//! Messages that could not be read.

mod count;
mod write;

pub use count::count;
pub(crate) use write::write;
