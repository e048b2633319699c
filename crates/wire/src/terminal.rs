//! What a terminal shows and what is typed into it, in frames: one codec for the worker's unix
//! sockets, the broker and WebSockets.
//!
//! A frame is a head of 12 bytes (type, flags, two bytes of zero, an offset of 8 bytes, little
//! endian) and a payload, which reaches to the frame's end. An offset counts the bytes that the
//! terminal has shown since its start.

mod frame;
mod message;
mod words;

pub use frame::{Frame, FrameError, HEAD};
pub use message::{Framed, TerminalMessage};
pub use words::{
    Exit, Hello, Input, Limits, Refused, RunShown, Snapshot, Subscribe, TerminalSaid, TypedSeq,
};

/// The WebSocket subprotocol, and the version of these words.
pub const SUBPROTOCOL: &str = "baton.term.v1";
/// The most bytes of input in one frame.
pub const MAX_INPUT: usize = 4 << 10;
/// The most bytes of output in one frame.
pub const MAX_OUTPUT: usize = 32 << 10;
/// The most bytes of one message on the broker, snapshots apart.
pub const MAX_MESSAGE: usize = 64 << 10;
