//! Whether the broker can be heard, as told by the client's own events.

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_nats::{Event, ServerError};
use tokio::sync::watch;

/// What the broker says when a session is over that is to be renewed.
const EXPIRED: &str = "user authentication expired";

/// What the broker says when something is not allowed.
const DENIED: &str = "permissions violation";

/// Whether the broker can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It can.
    Up,
    /// It cannot; the client tries again and again.
    Down,
}

/// What a worker may ask without knowing whether it is allowed to.
const PROBED: &str = ".consumer.info.";

/// What is heard of the connection.
pub(crate) struct Heard {
    pub(crate) connection: watch::Receiver<Connection>,
    /// How often something was denied.
    pub(crate) denials: watch::Receiver<u64>,
    /// How often messages were dropped, since they were not read in time.
    pub(crate) drops: watch::Receiver<u64>,
    /// Whether the login was refused when it was tried last.
    pub(crate) refused: Arc<AtomicBool>,
}

/// What is heard, and the callback that feeds it. Permission denials arrive as events only: the
/// publisher itself sees a timeout.
pub(crate) fn watched() -> (Heard, impl Fn(Event) -> Ready<()> + Send + Sync + 'static) {
    let (sender, receiver) = watch::channel(Connection::Up);
    let (denied, denials) = watch::channel(0);
    let (dropped, drops) = watch::channel(0);
    let refused = Arc::new(AtomicBool::new(false));
    let heard = Heard {
        connection: receiver,
        denials,
        drops,
        refused: Arc::clone(&refused),
    };
    let on_event = move |event| {
        match event {
            Event::Connected => {
                refused.store(false, Ordering::Relaxed);
                note(&sender, Connection::Up);
            }
            Event::Disconnected => note(&sender, Connection::Down),
            // By ourselves: nobody is left who would want to hear of it.
            Event::Closed => {
                sender.send_replace(Connection::Down);
            }
            Event::ServerError(ServerError::AuthorizationViolation) => {
                if !refused.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        "the broker refused the login; trying again and again. \
                         The log of the API or the supervisor says why"
                    );
                }
            }
            Event::ServerError(ServerError::Other(error)) => told(&error, &denied),
            Event::ServerError(error) => tracing::error!(%error, "the broker reports an error"),
            // One for every try to connect again: that the broker is away is told once, below.
            Event::ClientError(error) => tracing::debug!(%error, "the broker's client failed"),
            Event::SlowConsumer(subscription) => {
                // One for each message; whoever needs it reads it again.
                dropped.send_modify(|times| *times += 1);
                tracing::debug!(
                    subscription,
                    "messages were dropped, since they were not read in time"
                );
            }
            Event::LameDuckMode | Event::Draining => tracing::info!(%event, "the broker leaves"),
        }
        ready(())
    };
    (heard, on_event)
}

fn told(error: &str, denied: &watch::Sender<u64>) {
    let said = error.to_lowercase();
    if said.contains(EXPIRED) {
        tracing::info!("the session is over; connecting again");
        return;
    }
    if said.contains(DENIED) {
        denied.send_modify(|times| *times += 1);
    }
    if said.contains(PROBED) {
        // A queue that is newer than the session: a new one is asked for.
        tracing::debug!(%error, "the session does not allow a queue");
        return;
    }
    tracing::error!(%error, "the broker reports an error");
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
