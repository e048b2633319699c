//! Locks that one process at a time holds, for as long as its connection lives.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::{Store, StoreError};

/// How often a held lock's connection is tried.
const TRY_EVERY: Duration = Duration::from_secs(1);

/// How long the database may take to answer before a held lock counts as lost.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// What a lock is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockName {
    /// Writing the run tables.
    Recorder,
    /// Deciding about leases and retries.
    Supervisor,
}

impl LockName {
    /// Keys of Postgres' advisory locks: the bytes of `baton` and a number.
    const fn key(self) -> i64 {
        let prefix = 0x62_61_74_6f_6e_00_00;
        match self {
            Self::Recorder => prefix + 1,
            Self::Supervisor => prefix + 2,
        }
    }
}

/// A held lock. Dropping it frees it as soon as the database notices.
#[derive(Debug)]
pub struct Lock {
    connection: PgConnection,
    tries: Interval,
}

impl Store {
    /// Waits until the lock is free and takes it.
    ///
    /// # Errors
    /// When the database is or becomes unavailable.
    pub async fn lock(&self, name: LockName) -> Result<Lock, StoreError> {
        let mut connection = PgConnection::connect_with(&self.connect_options()).await?;
        sqlx::query!("SELECT pg_advisory_lock($1)", name.key())
            .execute(&mut connection)
            .await?;
        Ok(Lock::held_by(connection))
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn try_lock(&self, name: LockName) -> Result<Option<Lock>, StoreError> {
        let mut connection = PgConnection::connect_with(&self.connect_options()).await?;
        let taken =
            sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1) AS "taken!""#, name.key())
                .fetch_one(&mut connection)
                .await?;
        if taken {
            return Ok(Some(Lock::held_by(connection)));
        }
        connection.close().await?;
        Ok(None)
    }
}

impl Lock {
    fn held_by(connection: PgConnection) -> Self {
        let mut tries = interval(TRY_EVERY);
        tries.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { connection, tries }
    }

    /// Returns when the lock is lost, within four seconds. May be dropped and called again, also
    /// often: the tries keep their own time.
    pub async fn lost(&mut self) -> StoreError {
        loop {
            self.tries.tick().await;
            match timeout(ANSWER_WITHIN, self.connection.ping()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error.into(),
                Err(_) => return StoreError::Unavailable(sqlx::Error::PoolTimedOut),
            }
        }
    }

    /// Frees the lock now.
    ///
    /// # Errors
    /// When the connection is lost; the lock is free all the same.
    pub async fn release(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }

    pub(crate) const fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
