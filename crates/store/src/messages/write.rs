//! Keeping messages.

use sqlx::PgConnection;

use super::{MessageStep, StoredMessage, row::MessageRow};
use crate::StoreError;

/// Keeps new messages, and how far older ones have come.
pub(crate) async fn write(
    connection: &mut PgConnection,
    new: &[StoredMessage],
    steps: &[MessageStep],
) -> Result<(), StoreError> {
    if !new.is_empty() {
        let rows: Vec<MessageRow> = new.iter().map(MessageRow::from).collect();
        insert(&mut *connection, &rows).await?;
    }
    if !steps.is_empty() {
        let rows: Vec<MessageRow> = steps.iter().map(MessageRow::from).collect();
        update(connection, &rows).await?;
    }
    Ok(())
}

/// An id that comes again once nothing was to be heard of it any more begins anew.
async fn insert(connection: &mut PgConnection, rows: &[MessageRow]) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO task_run_messages
         SELECT * FROM jsonb_populate_recordset(NULL::task_run_messages, $1)
         ON CONFLICT (run_id, id) DO UPDATE SET
             position = excluded.position, actor = excluded.actor, kind = excluded.kind,
             text = excluded.text, created_at = excluded.created_at, state = excluded.state,
             taken_back_by = excluded.taken_back_by, delivered_at = excluded.delivered_at,
             via = excluded.via, attempt = excluded.attempt, seen_at = excluded.seen_at,
             ended_at = excluded.ended_at, reason = excluded.reason, settled = excluded.settled",
        sqlx::types::Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, rows: &[MessageRow]) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE task_run_messages AS m SET
             state = n.state, taken_back_by = n.taken_back_by, delivered_at = n.delivered_at,
             via = n.via, attempt = n.attempt, seen_at = n.seen_at, ended_at = n.ended_at,
             reason = n.reason, settled = n.settled
         FROM jsonb_populate_recordset(NULL::task_run_messages, $1) AS n
         WHERE m.run_id = n.run_id AND m.id = n.id",
        sqlx::types::Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
