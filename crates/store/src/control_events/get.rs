//! One deed.

use baton_domain::RunId;
use uuid::Uuid;

use super::{StoredControlEvent, row::ControlRow};
use crate::{Store, StoreError};

/// What an operator wished of a run under an id, as it was said first; none if nobody did.
///
/// # Errors
/// When the database is unavailable.
pub async fn get(
    store: &Store,
    run: RunId,
    id: Uuid,
) -> Result<Option<StoredControlEvent>, StoreError> {
    let row = sqlx::query_as!(
        ControlRow,
        "SELECT position, index, id, run_id, attempt, actor_kind, actor, action, at, refusal,
             metadata, answers
         FROM task_run_control_events
         WHERE run_id = $1 AND id = $2 AND actor_kind = 'operator'
         ORDER BY position, index LIMIT 1",
        run.as_uuid(),
        id,
    )
    .fetch_optional(store.pool())
    .await?;
    Ok(row.map(StoredControlEvent::try_from).transpose()?)
}
