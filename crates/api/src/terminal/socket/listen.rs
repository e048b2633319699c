//! What a viewer says.

use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket};
use baton_wire::{Frame, terminal::Subscribe};
use bytes::Bytes;
use futures::{StreamExt as _, stream::SplitStream};
use tokio::time::{sleep, timeout};

use super::{End, INPUT_PER_SECOND, viewer::Viewer};
use crate::terminal::pace::Pace;

/// A viewer that says nothing for so long, not even that it is there, has left.
const SILENCE: Duration = Duration::from_secs(60);

/// The most frames in a second; one that sends more is read more slowly.
const FRAMES_PER_SECOND: u32 = 500;

/// The first frame, which says where to begin.
pub(super) async fn first(socket: &mut WebSocket) -> Result<Subscribe, End> {
    loop {
        let message = match socket.recv().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(broken(&error)),
            None => return Err(End::Left),
        };
        match read(message)? {
            None => {}
            Some(Frame::Subscribe(wish)) => return Ok(wish),
            Some(_) => {
                return Err(End::Protocol(
                    "the first frame has to be Subscribe".to_owned(),
                ));
            }
        }
    }
}

/// Does what the viewer wishes until it leaves.
pub(super) async fn listen(mut stream: SplitStream<&mut WebSocket>, viewer: &Viewer) -> End {
    let now = Instant::now();
    let mut frames = Pace::new(FRAMES_PER_SECOND, now);
    let mut input = Pace::new(INPUT_PER_SECOND, now);
    loop {
        let message = match timeout(SILENCE, stream.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(error))) => return broken(&error),
            Ok(None) | Err(_) => return End::Left,
        };
        let pause = frames.take(1, Instant::now());
        let frame = match read(message) {
            Ok(frame) => frame,
            Err(end) => return end,
        };
        let Some(frame) = frame else { continue };
        let typed = typed(&frame);
        if let Err(end) = take(frame, viewer).await {
            return end;
        }
        let pause = pause.max(input.take(typed, Instant::now()));
        // Even the shortest sleep lasts a millisecond.
        if !pause.is_zero() {
            // Nothing is lost: it waits on its way here.
            sleep(pause).await;
        }
    }
}

async fn take(frame: Frame, viewer: &Viewer) -> Result<(), End> {
    match frame {
        Frame::Subscribe(wish) => viewer.begin(&wish).await,
        Frame::Ack { offset } => viewer.place().draw(offset),
        Frame::Ping(bytes) => viewer.place().tell(&Frame::Pong(bytes)),
        Frame::Input(ref input) => {
            let (grant, seq) = (input.grant, Some(input.seq));
            viewer.hand_on(grant, seq, frame).await;
        }
        Frame::Resize { grant, .. } => viewer.hand_on(grant, None, frame).await,
        // A wish of a later version: there is nothing to be done about it here.
        Frame::Unknown(_) => {}
        _ => {
            return Err(End::Protocol(
                "this frame is for viewers to read, not to send".to_owned(),
            ));
        }
    }
    Ok(())
}

fn typed(frame: &Frame) -> u32 {
    match frame {
        Frame::Input(input) => u32::try_from(input.bytes.len()).unwrap_or(u32::MAX),
        _ => 0,
    }
}

/// The frame in a message, if it has one.
fn read(message: Message) -> Result<Option<Frame>, End> {
    match message {
        Message::Binary(bytes) => decode(bytes).map(Some),
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        Message::Close(_) => Err(End::Left),
        Message::Text(_) => Err(End::Protocol("frames are binary messages".to_owned())),
    }
}

fn decode(bytes: Bytes) -> Result<Frame, End> {
    Frame::decode(bytes).map_err(|error| End::Protocol(error.to_string()))
}

/// A message that is too large is the viewer's doing; everything else is the network's.
fn broken(error: &axum::Error) -> End {
    let said = error.to_string();
    if said.contains("too long") || said.contains("too large") {
        return End::Protocol("a message is larger than any frame may be".to_owned());
    }
    End::Left
}
