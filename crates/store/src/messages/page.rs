//! Messages to a run's agent, page by page.

use baton_domain::{Position, RunId};

use super::{MessagePage, StoredMessage, row::MessageRow};
use crate::{InvalidRow, Store, StoreError, row::position_out};

/// At most `limit` messages to a run's agent, oldest first; `after` is the `next` of the page
/// before.
///
/// # Errors
/// When the database is unavailable.
pub async fn page(
    store: &Store,
    run: RunId,
    after: Option<Position>,
    limit: u32,
) -> Result<MessagePage, StoreError> {
    let rows = sqlx::query_as!(
        MessageRow,
        "SELECT run_id, id, position, actor, kind, text, created_at, state, taken_back_by,
             delivered_at, via, attempt, seen_at, ended_at, reason, settled
         FROM task_run_messages
         WHERE run_id = $1 AND position > $2
         ORDER BY position LIMIT $3",
        run.as_uuid(),
        position_out(after.unwrap_or(Position::START)),
        // One more than asked for tells whether others follow.
        i64::from(limit) + 1,
    )
    .fetch_all(store.pool())
    .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    let messages: Result<Vec<StoredMessage>, InvalidRow> = rows
        .into_iter()
        .take(limit)
        .map(TryFrom::try_from)
        .collect();
    let messages = messages?;
    let next = messages.last().map(|last| last.position).filter(|_| more);
    Ok(MessagePage { messages, next })
}
