//! One message.

use baton_domain::RunId;
use uuid::Uuid;

use super::{StoredMessage, row::MessageRow};
use crate::{Store, StoreError};

/// A message to a run's agent, by the id of the command that brought it.
///
/// # Errors
/// When the database is unavailable.
pub async fn get(store: &Store, run: RunId, id: Uuid) -> Result<Option<StoredMessage>, StoreError> {
    let row = sqlx::query_as!(
        MessageRow,
        "SELECT run_id, id, position, actor, kind, text, created_at, state, taken_back_by,
             delivered_at, via, attempt, seen_at, ended_at, reason, settled
         FROM task_run_messages WHERE run_id = $1 AND id = $2",
        run.as_uuid(),
        id,
    )
    .fetch_optional(store.pool())
    .await?;
    Ok(row.map(StoredMessage::try_from).transpose()?)
}
