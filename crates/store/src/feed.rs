//! How far history reaches, told as it moves.

use std::time::Duration;

use baton_domain::Position;
use sqlx::postgres::PgListener;
use tokio::{sync::watch, task::JoinSet, time::sleep, time::timeout};

use crate::{Store, StoreError, position};

/// The channel that the recorder notifies when it has written.
pub(crate) const CHANNEL: &str = "baton_position";

/// How long nothing may be heard before the database is asked.
const SILENCE: Duration = Duration::from_secs(2);

/// How long to wait before listening again after a failure.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// What is known of history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// The database cannot be reached; this far it reached when it was last heard of.
    Down(Position),
    /// It is recorded up to here.
    Up(Position),
}

impl History {
    /// How far history reaches, as last heard.
    #[must_use]
    pub const fn position(self) -> Position {
        match self {
            Self::Down(position) | Self::Up(position) => position,
        }
    }

    /// Whether the database can be reached.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Up(_))
    }
}

/// Follows the recorder's position for as long as it lives.
#[derive(Debug)]
pub struct PositionFeed {
    history: watch::Receiver<History>,
    _task: JoinSet<()>,
}

impl PositionFeed {
    /// Starts to follow; [`History::Down`] at the start until the database has answered.
    #[must_use]
    pub fn start(store: &Store) -> Self {
        let (sender, history) = watch::channel(History::Down(Position::START));
        let mut task = JoinSet::new();
        task.spawn(follow(store.clone(), sender));
        Self {
            history,
            _task: task,
        }
    }

    /// What is known now, and what follows.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<History> {
        self.history.clone()
    }

    /// What is known now.
    #[must_use]
    pub fn now(&self) -> History {
        *self.history.borrow()
    }

    /// Returns when history reaches the position.
    pub async fn reached(&self, position: Position) {
        let mut history = self.history.clone();
        let arrived = |known: &History| known.is_up() && known.position() >= position;
        if history.wait_for(arrived).await.is_err() {
            // The task ends with the feed alone, and the feed is borrowed here.
            std::future::pending::<()>().await;
        }
    }
}

async fn follow(store: Store, sender: watch::Sender<History>) {
    loop {
        if let Err(error) = listen(&store, &sender).await {
            let was_up = sender.borrow().is_up();
            if was_up {
                tracing::warn!(%error, "lost the database; history is delayed");
            }
        }
        sender.send_modify(|known| *known = History::Down(known.position()));
        sleep(AGAIN_AFTER).await;
    }
}

/// Tells positions until the connection is lost.
async fn listen(store: &Store, sender: &watch::Sender<History>) -> Result<(), StoreError> {
    let mut listener = PgListener::connect_with(store.pool()).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // Listening comes first, so that nothing falls between the answer and the first notice.
    tell(sender, ask(store).await?);
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(notice))) => match notice.payload().parse().map(Position::new) {
                Ok(Ok(position)) => tell(sender, position),
                _ => tell(sender, ask(store).await?),
            },
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error.into()),
            // A connection can be dead without a word: a fresh question tells.
            Err(_) => tell(sender, ask(store).await?),
        }
    }
}

async fn ask(store: &Store) -> Result<Position, StoreError> {
    match timeout(SILENCE, position::get(store)).await {
        Ok(answer) => Ok(answer?.position),
        Err(_) => Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)),
    }
}

fn tell(sender: &watch::Sender<History>, position: Position) {
    sender.send_if_modified(|known| {
        let next = History::Up(position);
        std::mem::replace(known, next) != next
    });
}
