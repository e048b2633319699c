//! What a viewer is sent.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures::{SinkExt as _, stream::SplitSink};
use tokio::time::{MissedTickBehavior, interval};

use super::{End, viewer::Viewer};

/// How often a viewer is asked whether it is there.
const ASKING: Duration = Duration::from_secs(20);

/// So much is gathered before it leaves.
const GATHERED: usize = 64 << 10;

/// Sends what is due, until the viewer cannot be reached or everything was shown.
pub(super) async fn speak(mut sink: SplitSink<&mut WebSocket, Message>, viewer: &Viewer) -> End {
    let mut now = viewer.room().now();
    let mut asking = interval(ASKING);
    asking.set_missed_tick_behavior(MissedTickBehavior::Delay);
    asking.reset();
    loop {
        if send_due(&mut sink, viewer).await.is_err() {
            return End::Left;
        }
        if now.borrow_and_update().is_over() && viewer.place().is_done() {
            return End::Over;
        }
        tokio::select! {
            () = viewer.place().woken() => {}
            changed = now.changed() => if changed.is_err() {
                return End::Stopping;
            },
            _ = asking.tick() => {
                if sink.send(Message::Ping(Bytes::new())).await.is_err() {
                    return End::Left;
                }
            }
        }
    }
}

async fn send_due(
    sink: &mut SplitSink<&mut WebSocket, Message>,
    viewer: &Viewer,
) -> Result<(), axum::Error> {
    loop {
        let frames = viewer.place().take(viewer.time(), GATHERED);
        let gathered: usize = frames.iter().map(Bytes::len).sum();
        for bytes in frames {
            sink.feed(Message::Binary(bytes)).await?;
        }
        sink.flush().await?;
        // What comes later wakes this up again.
        if gathered < GATHERED {
            return Ok(());
        }
    }
}
