//! One connection to a terminal.

use baton_domain::{Fence, GrantId};
use baton_wire::terminal::{Frame, Input, Subscribe, TypedSeq};
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use reqwest::Upgraded;
use tokio::sync::watch;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::BenchError;

/// Who watches, and perhaps types.
pub(super) struct Viewer {
    socket: WebSocketStream<Upgraded>,
    grant: Option<(GrantId, Fence)>,
    seq: u64,
    /// Everything before this offset was shown.
    seen: u64,
    /// What was shown since the last time somebody asked.
    text: Vec<u8>,
}

impl Viewer {
    /// Subscribes, and waits for the whole screen.
    pub(super) async fn join(
        socket: WebSocketStream<Upgraded>,
        subscribe: Subscribe,
        grant: Option<(GrantId, Fence)>,
        seq: u64,
    ) -> Result<Self, BenchError> {
        let mut viewer = Self {
            socket,
            grant,
            seq,
            seen: 0,
            text: Vec::new(),
        };
        viewer.send(&Frame::Subscribe(subscribe)).await?;
        while !matches!(viewer.next().await?, Frame::Snapshot { .. }) {}
        Ok(viewer)
    }

    /// The next frame.
    pub(super) async fn next(&mut self) -> Result<Frame, BenchError> {
        loop {
            let message = self.socket.next().await;
            let message = message.ok_or(BenchError::Ended("connection to the terminal"))?;
            match message.map_err(socket)? {
                Message::Binary(bytes) => {
                    let frame = Frame::decode(bytes).map_err(socket)?;
                    self.note(&frame).await?;
                    return Ok(frame);
                }
                Message::Close(why) => {
                    let why = why.map_or_else(String::new, |why| why.to_string());
                    return Err(BenchError::Refused(why));
                }
                _ => {}
            }
        }
    }

    async fn note(&mut self, frame: &Frame) -> Result<(), BenchError> {
        match frame {
            Frame::Snapshot { offset, snapshot } => {
                self.seen = *offset;
                self.text = snapshot.dump.to_vec();
            }
            Frame::Output { offset, bytes } => {
                let acknowledged = self.seen >> 16;
                self.seen = offset + bytes.len() as u64;
                self.text.extend_from_slice(bytes);
                if self.seen >> 16 != acknowledged {
                    self.send(&Frame::Ack { offset: self.seen }).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Waits until everything before this offset is shown.
    pub(super) async fn shown(&mut self, offset: u64) -> Result<(), BenchError> {
        while self.seen < offset {
            self.next().await?;
        }
        self.text.clear();
        Ok(())
    }

    /// Up to where everything was shown.
    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    /// Reads until everything before an offset is shown that is told meanwhile.
    pub(super) async fn read_on(
        &mut self,
        mut end: watch::Receiver<Option<u64>>,
    ) -> Result<(), BenchError> {
        let told = loop {
            let told = *end.borrow_and_update();
            if let Some(told) = told {
                break told;
            }
            tokio::select! {
                frame = self.next() => drop(frame?),
                _ = end.changed() => {}
            }
            self.text.clear();
        };
        self.shown(told).await
    }

    /// Waits until a text is shown; gives what stands behind it up to the line's end.
    pub(super) async fn wait_for(&mut self, word: &str) -> Result<String, BenchError> {
        loop {
            let text = String::from_utf8_lossy(&self.text);
            let behind = text.rfind(word).map(|at| &text[at + word.len()..]);
            if let Some(line) = behind.and_then(|rest| rest.split_once(';')) {
                let line = line.0.to_owned();
                self.text.clear();
                return Ok(line);
            }
            // Only the end can hold it.
            let kept = self.text.len().saturating_sub(64 << 10);
            self.text.drain(..kept);
            self.next().await?;
        }
    }

    /// Types one key. Gives its number.
    pub(super) async fn send_key(&mut self) -> Result<TypedSeq, BenchError> {
        self.send_input(Bytes::from_static(b"x")).await
    }

    /// Types.
    pub(super) async fn send_input(&mut self, bytes: Bytes) -> Result<TypedSeq, BenchError> {
        let (grant, fence) = self.grant.ok_or(BenchError::Ended("grant"))?;
        self.seq += 1;
        let seq = TypedSeq(self.seq);
        let input = Input {
            grant,
            fence,
            seq,
            bytes,
        };
        self.send(&Frame::Input(input)).await?;
        Ok(seq)
    }

    async fn send(&mut self, frame: &Frame) -> Result<(), BenchError> {
        let message = Message::Binary(frame.encode());
        self.socket.send(message).await.map_err(socket)
    }
}

fn socket(error: impl std::fmt::Display) -> BenchError {
    BenchError::Api(error.to_string())
}
