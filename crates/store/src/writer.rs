//! The recorder's way of writing: one transaction a batch, on the connection that holds the lock.

use baton_domain::{Position, RunId};
use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection};

use crate::{
    Batch, Lock, LockName, RecordedPosition, RunRecord, Store, StoreError, Through, artifacts,
    control, control_events, drains,
    events::{self, Appended, Repeats},
    feed, help, inputs, messages, position,
    row::position_out,
    runs, sessions, unreadable,
};

/// The right to write the run tables. After an error other than [`StoreError::Rejected`] it is to
/// be dropped: what was written last is then unknown, and the next writer reads the position.
#[derive(Debug)]
pub struct Writer {
    lock: Lock,
    reached: RecordedPosition,
}

impl Store {
    /// Waits until nobody else writes, and takes over where they stopped.
    ///
    /// # Errors
    /// When the database is or becomes unavailable, or was not migrated.
    pub async fn writer(&self) -> Result<Writer, StoreError> {
        self.check_schema().await?;
        let mut lock = self.lock(LockName::Recorder).await?;
        let reached = position::read(lock.connection()).await?;
        Ok(Writer { lock, reached })
    }
}

impl Writer {
    /// How far the tables reach.
    #[must_use]
    pub const fn reached(&self) -> RecordedPosition {
        self.reached
    }

    /// Returns when the right to write is lost. May be dropped and called again.
    pub async fn lost(&mut self) -> StoreError {
        self.lock.lost().await
    }

    /// The records of those of the runs that are known.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn load(&mut self, ids: &[RunId]) -> Result<Vec<RunRecord>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        runs::load(self.lock.connection(), ids).await
    }

    /// Counts positions in the stream that was made at this time from now on. Nothing may be
    /// recorded of another.
    ///
    /// # Errors
    /// When the database is unavailable, or another recorder has written.
    pub async fn adopt_stream(&mut self, created_at: DateTime<Utc>) -> Result<(), StoreError> {
        let done = sqlx::query!(
            "UPDATE recorder_position SET stream_created_at = $1
             WHERE stream_created_at IS NULL AND position = 0",
            created_at,
        )
        .execute(self.lock.connection())
        .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::LostOwnership);
        }
        self.reached.stream_created_at = Some(created_at);
        Ok(())
    }

    /// Writes what a stretch of the stream changes, up to its last message, and wakes everybody
    /// who follows the position. All of it or nothing.
    ///
    /// # Errors
    /// When the database is unavailable or refuses a value, or another recorder has written.
    pub async fn write(&mut self, batch: &Batch, through: Through) -> Result<(), StoreError> {
        let repeats = Repeats::Unexpected;
        if self.try_write(batch, through, repeats).await? == Appended::Repeated {
            // A report that was stored again after the broker's window of duplicates, and meets a
            // run that has moved on: rare, so that only then each report is looked for.
            let _ = self.try_write(batch, through, Repeats::LeftOut).await?;
        }
        Ok(())
    }

    async fn try_write(
        &mut self,
        batch: &Batch,
        through: Through,
        repeats: Repeats,
    ) -> Result<Appended, StoreError> {
        let from = self.reached.position;
        let mut transaction = self.lock.connection().begin().await?;
        claim(&mut transaction, from, through).await?;
        runs::insert(&mut transaction, &batch.new_runs).await?;
        runs::update(&mut transaction, &moved(batch)).await?;
        let appended = events::append(&mut transaction, &batch.events, repeats).await?;
        if appended == Appended::Repeated {
            transaction.rollback().await?;
            return Ok(appended);
        }
        sessions::write(&mut transaction, &batch.sessions).await?;
        control::write(&mut transaction, &batch.controls).await?;
        messages::write(&mut transaction, &batch.messages, &batch.message_steps).await?;
        help::write(&mut transaction, &batch.help, &batch.help_steps).await?;
        control_events::append(&mut transaction, &batch.control_events).await?;
        inputs::append(&mut transaction, &batch.inputs).await?;
        artifacts::write(&mut transaction, &batch.artifacts).await?;
        drains::write(&mut transaction, &batch.drains).await?;
        unreadable::write(&mut transaction, &batch.unreadable).await?;
        notify(&mut transaction, through.position).await?;
        transaction.commit().await?;
        self.reached.position = through.position;
        self.reached.stored_at = Some(through.stored_at);
        Ok(appended)
    }

    /// Empties every run table and forgets position and stream, to begin again from the first
    /// message.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn clear(&mut self) -> Result<(), StoreError> {
        let mut transaction = self.lock.connection().begin().await?;
        sqlx::query!(
            "TRUNCATE task_runs, task_run_events, task_run_artifacts, task_run_live_sessions,
                 task_run_control, task_run_messages, task_run_help_requests,
                 task_run_control_events, task_run_inputs, drains, unreadable_messages"
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "UPDATE recorder_position SET position = 0, stored_at = NULL, stream_created_at = NULL"
        )
        .execute(&mut *transaction)
        .await?;
        notify(&mut transaction, Position::START).await?;
        transaction.commit().await?;
        self.reached = RecordedPosition {
            position: Position::START,
            stored_at: None,
            stream_created_at: None,
        };
        Ok(())
    }

    /// Gives the right to write back now.
    ///
    /// # Errors
    /// When the connection is lost; the right is free all the same.
    pub async fn release(self) -> Result<(), StoreError> {
        self.lock.release().await
    }
}

/// Runs whose rows have to be rewritten: all but those that stand as they were submitted.
fn moved(batch: &Batch) -> Vec<&RunRecord> {
    let new = batch.new_runs.iter();
    new.filter(|run| {
        let record = &run.record;
        record.run.position > run.submission.position
            || record.last_lease > Position::START
            || control::is_kept(&record.run.control)
    })
    .map(|run| &run.record)
    .chain(&batch.changed_runs)
    .collect()
}

/// Moves the position, unless somebody else has. Comes first: its lock on the row makes a second
/// writer wait, and then fail.
async fn claim(
    connection: &mut PgConnection,
    from: Position,
    through: Through,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "UPDATE recorder_position SET position = $2, stored_at = $3 WHERE position = $1",
        position_out(from),
        position_out(through.position),
        through.stored_at,
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::LostOwnership)
    }
}

async fn notify(connection: &mut PgConnection, through: Position) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT pg_notify($1, $2)",
        feed::CHANNEL,
        through.to_string()
    )
    .execute(connection)
    .await?;
    Ok(())
}
