//! Changes of accounts, told to whoever holds something open for a token.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::{Store, StoreError};

/// The channel that the tables' triggers notify.
const CHANNEL: &str = "baton_accounts";

/// How long nothing may be heard before the connection is tried.
const SILENCE: Duration = Duration::from_secs(5);

/// How long to wait before listening again after a failure.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// What may be other than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountsChange {
    /// This token was made, revoked or changed.
    Token(Uuid),
    /// This sign-in was ended.
    SignIn(Uuid),
    /// Anything: nothing was heard for a while. Told first of all, and after every lost connection.
    Anything,
}

/// Listens to changes of accounts for as long as it lives. It keeps one connection of the store.
#[derive(Debug)]
pub struct AccountsFeed {
    store: Store,
    listener: Option<PgListener>,
}

impl AccountsFeed {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        Self {
            store: store.clone(),
            listener: None,
        }
    }

    /// The next change; waits while the database is away. May be dropped and called again.
    pub async fn next(&mut self) -> AccountsChange {
        loop {
            if let Some(listener) = &mut self.listener {
                match heard(listener).await {
                    Ok(change) => return change,
                    Err(error) => {
                        tracing::warn!(%error, "lost the database; changes of tokens are heard late");
                        self.listener = None;
                    }
                }
            }
            match listen(&self.store).await {
                Ok(listener) => {
                    self.listener = Some(listener);
                    // Whoever looks now sees all that happened before, and hears what comes.
                    return AccountsChange::Anything;
                }
                Err(error) => {
                    tracing::debug!(%error, "cannot listen to changes of tokens yet");
                    sleep(AGAIN_AFTER).await;
                }
            }
        }
    }
}

async fn listen(store: &Store) -> Result<PgListener, StoreError> {
    let mut listener = PgListener::connect_with(store.pool()).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

async fn heard(listener: &mut PgListener) -> Result<AccountsChange, StoreError> {
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(notice))) => return Ok(read(notice.payload())),
            Ok(Ok(None)) => return Err(lost()),
            Ok(Err(error)) => return Err(error.into()),
            // A connection can be dead without a word.
            Err(_) => answers(listener).await?,
        }
    }
}

async fn answers(listener: &mut PgListener) -> Result<(), StoreError> {
    let question = sqlx::query_scalar!("SELECT 1").fetch_one(listener);
    match timeout(SILENCE, question).await {
        Ok(answer) => {
            answer?;
            Ok(())
        }
        Err(_) => Err(lost()),
    }
}

const fn lost() -> StoreError {
    StoreError::Unavailable(sqlx::Error::PoolTimedOut)
}

fn read(notice: &str) -> AccountsChange {
    let parsed = notice.split_once(' ').and_then(|(what, id)| {
        let id = id.parse().ok()?;
        match what {
            "token" => Some(AccountsChange::Token(id)),
            "sign_in" => Some(AccountsChange::SignIn(id)),
            _ => None,
        }
    });
    parsed.unwrap_or(AccountsChange::Anything)
}
