//! Frames on the broker: whose they are, and several in one message.

use baton_domain::Attempt;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use super::frame::{Frame, FrameError};

/// The version of a message's head.
const VERSION: u8 = 1;
/// How long a message's head is, in bytes: version, attempt, epoch.
const HEAD: usize = 1 + 4 + 8;

/// What a worker says of one of its terminals, or an API types into it: a head of 13 bytes
/// (version, attempt and epoch, little endian), then frames, each behind its length (4 bytes,
/// little endian).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalMessage {
    /// Under which attempt.
    pub attempt: Attempt,
    /// In which life of the terminal; 0 in messages to a worker, which knows.
    pub epoch: u64,
    /// What, in order.
    pub frames: Vec<Frame>,
}

/// Frames read one by one out of a buffer that may hold only a part of the last.
#[derive(Debug, Default)]
pub struct Framed(BytesMut);

impl TerminalMessage {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(HEAD + 64);
        out.put_u8(VERSION);
        out.put_u32_le(self.attempt.get());
        out.put_u64_le(self.epoch);
        for frame in &self.frames {
            Framed::put(&mut out, frame);
        }
        out.freeze()
    }

    /// Reads a message. Output and snapshots share its bytes.
    ///
    /// # Errors
    /// When it is none, or of a version that cannot be understood.
    pub fn decode(mut bytes: Bytes) -> Result<Self, FrameError> {
        if bytes.len() < HEAD {
            return Err(FrameError::Short(bytes.len()));
        }
        let bad = |why: String| FrameError::Payload { kind: 0, why };
        let version = bytes.get_u8();
        if version != VERSION {
            return Err(bad(format!("version {version} of the head is not known")));
        }
        let attempt = Attempt::new(u64::from(bytes.get_u32_le()));
        let attempt = attempt.map_err(|error| bad(error.to_string()))?;
        let epoch = bytes.get_u64_le();
        let mut frames = Vec::new();
        while !bytes.is_empty() {
            let cut = |_| bad("the last frame is cut".to_owned());
            let length = bytes.try_get_u32_le().map_err(cut)? as usize;
            if length > bytes.len() {
                return Err(bad("the last frame is cut".to_owned()));
            }
            frames.push(Frame::decode(bytes.split_to(length))?);
        }
        Ok(Self {
            attempt,
            epoch,
            frames,
        })
    }
}

impl Framed {
    /// Appends a frame behind its length.
    pub fn put(out: &mut BytesMut, frame: &Frame) {
        let at = out.len();
        out.put_u32_le(0);
        frame.encode_into(out);
        let length = u32::try_from(out.len() - at - 4).expect("a frame is shorter than 4 GiB");
        out[at..at + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// Takes in what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.put_slice(bytes);
    }

    /// The next whole frame, if there is one.
    ///
    /// # Errors
    /// When it is none: there is no going on after that.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(length) = self.0.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*length) as usize;
        if self.0.len() < 4 + length {
            return Ok(None);
        }
        self.0.advance(4);
        Frame::decode(self.0.split_to(length).freeze()).map(Some)
    }
}
