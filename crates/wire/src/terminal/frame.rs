//! Frames and their bytes.

use baton_domain::{Fence, GrantId, TerminalSize};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    MAX_INPUT,
    words::{Exit, Hello, Input, Refused, RunShown, Snapshot, Subscribe, TerminalSaid, TypedSeq},
};
use crate::grant::GateShown;

/// How long a frame's head is, in bytes.
pub const HEAD: usize = 12;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// 1, to viewers: what is watched. Always the first.
    Hello(Hello),
    /// 2, to viewers: the screen at an offset. Reset the terminal, then write it.
    Snapshot {
        /// What it shows everything up to.
        offset: u64,
        /// The screen.
        snapshot: Snapshot,
    },
    /// 3, to viewers: what the terminal shows next.
    Output {
        /// Of the first byte.
        offset: u64,
        /// The bytes.
        bytes: Bytes,
    },
    /// 4, to viewers: the terminal's size from here on.
    Size {
        /// Where it changed.
        offset: u64,
        /// To what.
        size: TerminalSize,
    },
    /// 5, to viewers: how things are with the run.
    State(RunShown),
    /// 6, to viewers: who may type.
    Writer {
        /// What was shown when that changed.
        offset: u64,
        /// The gate.
        gate: GateShown,
    },
    /// 7, to viewers: a word to a person.
    Said(TerminalSaid),
    /// 8, to viewers: the terminal has ended; nothing follows in this epoch.
    Exit {
        /// All that it has shown.
        offset: u64,
        /// How.
        exit: Exit,
    },
    /// 9, to viewers: some output is left out; a snapshot follows.
    Gap {
        /// The first byte left out.
        from: u64,
        /// The first byte known again.
        to: u64,
    },
    /// 10, to viewers: an input was typed.
    Accepted {
        /// What the terminal had shown when it was typed.
        offset: u64,
        /// Under which grant.
        grant: GrantId,
        /// Which input.
        seq: TypedSeq,
    },
    /// 11, to viewers: an input, or another wish, was not taken.
    Refused(Refused),
    /// 12, to viewers: the answer to a ping, with the same payload.
    Pong(Bytes),

    /// 65, from viewers: where to go on. Always the first.
    Subscribe(Subscribe),
    /// 66, from viewers: everything up to here is on the screen.
    Ack {
        /// In bytes.
        offset: u64,
    },
    /// 67, from viewers: something typed.
    Input(Input),
    /// 68, from viewers: give the terminal this size. Only whoever may type is heard.
    Resize {
        /// Under which grant.
        grant: GrantId,
        /// Under which fence.
        fence: Fence,
        /// The size.
        size: TerminalSize,
    },
    /// 70, from viewers: are you there? At most 64 bytes.
    Ping(Bytes),

    /// A frame of a later version.
    Unknown(u8),
}

/// Bytes that are no frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The head is cut.
    #[error("a frame of {0} bytes is shorter than its head of {HEAD}")]
    Short(usize),
    /// The payload is not what the type promises.
    #[error("the payload of a frame of type {kind} cannot be read: {why}")]
    Payload {
        /// The frame's type.
        kind: u8,
        /// What is wrong with it.
        why: String,
    },
}

mod kind {
    pub(super) const HELLO: u8 = 1;
    pub(super) const SNAPSHOT: u8 = 2;
    pub(super) const OUTPUT: u8 = 3;
    pub(super) const SIZE: u8 = 4;
    pub(super) const STATE: u8 = 5;
    pub(super) const WRITER: u8 = 6;
    pub(super) const SAID: u8 = 7;
    pub(super) const EXIT: u8 = 8;
    pub(super) const GAP: u8 = 9;
    pub(super) const ACCEPTED: u8 = 10;
    pub(super) const REFUSED: u8 = 11;
    pub(super) const PONG: u8 = 12;
    pub(super) const SUBSCRIBE: u8 = 65;
    pub(super) const ACK: u8 = 66;
    pub(super) const INPUT: u8 = 67;
    pub(super) const RESIZE: u8 = 68;
    pub(super) const PING: u8 = 70;
}

/// What a grant, a fence and a sequence take in a payload, in bytes.
const INPUT_HEAD: usize = 32;
/// The most bytes in a ping.
const MAX_PING: usize = 64;

impl Frame {
    /// The frame's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::new();
        self.encode_into(&mut out);
        out.freeze()
    }

    /// Appends the frame's bytes.
    pub fn encode_into(&self, out: &mut BytesMut) {
        match self {
            Self::Hello(hello) => json(out, kind::HELLO, 0, hello),
            Self::Snapshot { offset, snapshot } => {
                head(out, kind::SNAPSHOT, *offset);
                put_size(out, snapshot.size);
                out.put_slice(&snapshot.dump);
            }
            Self::Output { offset, bytes } => {
                head(out, kind::OUTPUT, *offset);
                out.put_slice(bytes);
            }
            Self::Size { offset, size } => {
                head(out, kind::SIZE, *offset);
                put_size(out, *size);
            }
            Self::State(state) => json(out, kind::STATE, 0, state),
            Self::Writer { offset, gate } => json(out, kind::WRITER, *offset, gate),
            Self::Said(said) => json(out, kind::SAID, 0, said),
            Self::Exit { offset, exit } => json(out, kind::EXIT, *offset, exit),
            Self::Gap { from, to } => {
                head(out, kind::GAP, *from);
                out.put_u64_le(*to);
            }
            Self::Accepted { offset, grant, seq } => {
                head(out, kind::ACCEPTED, *offset);
                out.put_slice(grant.as_uuid().as_bytes());
                out.put_u64_le(seq.0);
            }
            Self::Refused(refused) => json(out, kind::REFUSED, 0, refused),
            Self::Pong(bytes) => plain(out, kind::PONG, bytes),
            Self::Subscribe(subscribe) => json(out, kind::SUBSCRIBE, 0, subscribe),
            Self::Ack { offset } => head(out, kind::ACK, *offset),
            Self::Input(input) => {
                head(out, kind::INPUT, 0);
                put_right(out, input.grant, input.fence);
                out.put_u64_le(input.seq.0);
                out.put_slice(&input.bytes);
            }
            Self::Resize { grant, fence, size } => {
                head(out, kind::RESIZE, 0);
                put_right(out, *grant, *fence);
                put_size(out, *size);
            }
            Self::Ping(bytes) => plain(out, kind::PING, bytes),
            Self::Unknown(kind) => head(out, *kind, 0),
        }
    }

    /// Reads a frame; the bytes of output and snapshots are shared, not copied.
    ///
    /// # Errors
    /// When the bytes are no frame. A frame of a later version is [`Frame::Unknown`].
    pub fn decode(mut bytes: Bytes) -> Result<Self, FrameError> {
        if bytes.len() < HEAD {
            return Err(FrameError::Short(bytes.len()));
        }
        let kind = bytes.get_u8();
        bytes.advance(3);
        let offset = bytes.get_u64_le();
        payload(kind, offset, bytes).map_err(|why| FrameError::Payload { kind, why })
    }
}

fn payload(kind: u8, offset: u64, mut rest: Bytes) -> Result<Frame, String> {
    Ok(match kind {
        kind::HELLO => Frame::Hello(read(&rest)?),
        kind::SNAPSHOT => Frame::Snapshot {
            offset,
            snapshot: Snapshot {
                size: get_size(&mut rest)?,
                dump: rest,
            },
        },
        kind::OUTPUT => Frame::Output {
            offset,
            bytes: rest,
        },
        kind::SIZE => Frame::Size {
            offset,
            size: get_size(&mut rest)?,
        },
        kind::STATE => Frame::State(read(&rest)?),
        kind::WRITER => Frame::Writer {
            offset,
            gate: read(&rest)?,
        },
        kind::SAID => Frame::Said(read(&rest)?),
        kind::EXIT => Frame::Exit {
            offset,
            exit: read(&rest)?,
        },
        kind::GAP => Frame::Gap {
            from: offset,
            to: get_u64(&mut rest)?,
        },
        kind::ACCEPTED => Frame::Accepted {
            offset,
            grant: get_grant(&mut rest)?,
            seq: TypedSeq(get_u64(&mut rest)?),
        },
        kind::REFUSED => Frame::Refused(read(&rest)?),
        kind::PONG => Frame::Pong(short(rest)?),
        kind::SUBSCRIBE => Frame::Subscribe(read(&rest)?),
        kind::ACK => Frame::Ack { offset },
        kind::INPUT => Frame::Input(input(rest)?),
        kind::RESIZE => Frame::Resize {
            grant: get_grant(&mut rest)?,
            fence: get_fence(&mut rest)?,
            size: get_size(&mut rest)?,
        },
        kind::PING => Frame::Ping(short(rest)?),
        other => Frame::Unknown(other),
    })
}

fn input(mut rest: Bytes) -> Result<Input, String> {
    if rest.len() > INPUT_HEAD + MAX_INPUT {
        let typed = rest.len() - INPUT_HEAD;
        return Err(format!("{typed} bytes of input: at most {MAX_INPUT} fit"));
    }
    Ok(Input {
        grant: get_grant(&mut rest)?,
        fence: get_fence(&mut rest)?,
        seq: TypedSeq(get_u64(&mut rest)?),
        bytes: rest,
    })
}

fn head(out: &mut BytesMut, kind: u8, offset: u64) {
    out.put_slice(&[kind, 0, 0, 0]);
    out.put_u64_le(offset);
}

fn json(out: &mut BytesMut, kind: u8, offset: u64, words: &impl Serialize) {
    head(out, kind, offset);
    let text = serde_json::to_vec(words).expect("words of plain fields are JSON");
    out.put_slice(&text);
}

fn plain(out: &mut BytesMut, kind: u8, bytes: &Bytes) {
    head(out, kind, 0);
    out.put_slice(bytes);
}

fn put_size(out: &mut BytesMut, size: TerminalSize) {
    out.put_u16_le(size.cols());
    out.put_u16_le(size.rows());
}

fn put_right(out: &mut BytesMut, grant: GrantId, fence: Fence) {
    out.put_slice(grant.as_uuid().as_bytes());
    out.put_u64_le(fence.get());
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

fn cut() -> String {
    "it is cut".to_owned()
}

fn get_u64(rest: &mut Bytes) -> Result<u64, String> {
    rest.try_get_u64_le().map_err(|_| cut())
}

fn get_size(rest: &mut Bytes) -> Result<TerminalSize, String> {
    let cols = rest.try_get_u16_le().map_err(|_| cut())?;
    let rows = rest.try_get_u16_le().map_err(|_| cut())?;
    TerminalSize::new(cols, rows).map_err(|error| error.to_string())
}

fn get_grant(rest: &mut Bytes) -> Result<GrantId, String> {
    let mut id = [0; 16];
    rest.try_copy_to_slice(&mut id).map_err(|_| cut())?;
    Ok(GrantId::from_uuid(Uuid::from_bytes(id)))
}

fn get_fence(rest: &mut Bytes) -> Result<Fence, String> {
    Fence::new(get_u64(rest)?).map_err(|error| error.to_string())
}

fn short(rest: Bytes) -> Result<Bytes, String> {
    if rest.len() > MAX_PING {
        return Err(format!("{} bytes: at most {MAX_PING} fit", rest.len()));
    }
    Ok(rest)
}
