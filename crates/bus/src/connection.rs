//! Whether the broker can be heard, as told by the client's own events.

use std::future::{Ready, ready};

use async_nats::{Event, ServerError};
use tokio::sync::watch;

/// Whether the broker can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It can.
    Up,
    /// It cannot; the client tries again and again.
    Down,
}

/// A watch, and the callback that feeds it. Permission denials arrive as events only: the
/// publisher itself sees a timeout.
pub(crate) fn watched() -> (
    watch::Receiver<Connection>,
    impl Fn(Event) -> Ready<()> + Send + Sync + 'static,
) {
    let (sender, receiver) = watch::channel(Connection::Up);
    let on_event = move |event| {
        match event {
            Event::Connected => note(&sender, Connection::Up),
            Event::Disconnected => note(&sender, Connection::Down),
            // By ourselves: nobody is left who would want to hear of it.
            Event::Closed => {
                sender.send_replace(Connection::Down);
            }
            Event::ServerError(ServerError::Other(error)) => {
                tracing::error!(%error, "the broker reports an error");
            }
            Event::ServerError(error) => tracing::error!(%error, "the broker reports an error"),
            // One for every try to connect again: that the broker is away is told once, below.
            Event::ClientError(error) => tracing::debug!(%error, "the broker's client failed"),
            Event::SlowConsumer(subscription) => {
                tracing::warn!(
                    subscription,
                    "messages were dropped, since they were not read in time"
                );
            }
            Event::LameDuckMode | Event::Draining => tracing::info!(%event, "the broker leaves"),
        }
        ready(())
    };
    (receiver, on_event)
}

fn note(sender: &watch::Sender<Connection>, now: Connection) {
    let changed = sender.send_if_modified(|state| std::mem::replace(state, now) != now);
    if !changed {
        return;
    }
    match now {
        Connection::Up => tracing::info!("the broker is back"),
        Connection::Down => tracing::warn!("the broker is away; trying again and again"),
    }
}
