//! A viewer as the relay sees it: `ssh <token>@relay` gets the host's output as it came; one who may
//! type reaches the active pane. A real relay draws the screen anew; what is on it is the same.

use russh::{ChannelId, server::Handle};
use tokio::sync::watch;

use super::{RelaySeen, Shared, frames};

/// Shows all that the host has said and says, until either is gone.
pub(super) async fn show(mut seen: watch::Receiver<RelaySeen>, handle: Handle, channel: ChannelId) {
    let mut shown = 0;
    loop {
        let (next, gone) = {
            let now = seen.borrow_and_update();
            let host = now.host.as_ref();
            let screen = host.map(|host| host.screen.get(shown..).unwrap_or_default().to_vec());
            (screen.unwrap_or_default(), host.is_none())
        };
        shown += next.len();
        if gone || (!next.is_empty() && handle.data(channel, next).await.is_err()) {
            break;
        }
        if seen.changed().await.is_err() {
            break;
        }
    }
    let _ = handle.close(channel).await;
}

/// Hands on what a viewer types, if it may.
pub(super) async fn typed(shared: &Shared, token: &str, data: &[u8]) {
    let voice = {
        let seen = shared.seen.borrow();
        let host = seen.host.as_ref().filter(|host| host.rw_token == token);
        host.map(|host| host.voice.clone())
    };
    let Some(voice) = voice else { return };
    for byte in data {
        voice.say(frames::pane_key(-1, i64::from(*byte))).await;
    }
}
