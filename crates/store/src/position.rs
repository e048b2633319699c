//! How far the tables reach, and in which stream they count.

use baton_domain::Position;
use chrono::{DateTime, Utc};

use crate::{Store, StoreError, error::Place};

/// How far the tables reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedPosition {
    /// The last message that is recorded.
    pub position: Position,
    /// When the broker took that message; none before the first.
    pub stored_at: Option<DateTime<Utc>>,
    /// When the stream was made that the position counts in; none before the first message.
    pub stream_created_at: Option<DateTime<Utc>>,
}

/// How far the tables reach.
///
/// # Errors
/// When the database is unavailable, or was not migrated.
pub async fn get(store: &Store) -> Result<RecordedPosition, StoreError> {
    read(store.pool()).await
}

pub(crate) async fn read(
    executor: impl sqlx::PgExecutor<'_>,
) -> Result<RecordedPosition, StoreError> {
    let row = sqlx::query!("SELECT position, stored_at, stream_created_at FROM recorder_position")
        .fetch_one(executor)
        .await?;
    let place = Place {
        table: "recorder_position",
        key: &"the only row",
    };
    Ok(RecordedPosition {
        position: place.position("position", row.position)?,
        stored_at: row.stored_at,
        stream_created_at: row.stream_created_at,
    })
}
