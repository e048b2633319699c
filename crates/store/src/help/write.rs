//! Keeping requests for a person.

use sqlx::PgConnection;

use super::{HelpStep, NewHelp, row::HelpRow};
use crate::StoreError;

/// Keeps new requests, and where older ones stand.
pub(crate) async fn write(
    connection: &mut PgConnection,
    new: &[NewHelp],
    steps: &[HelpStep],
) -> Result<(), StoreError> {
    if !new.is_empty() {
        let rows: Vec<HelpRow> = new.iter().map(HelpRow::from).collect();
        insert(&mut *connection, &rows).await?;
    }
    if !steps.is_empty() {
        let rows: Vec<HelpRow> = steps.iter().map(HelpRow::from).collect();
        update(connection, &rows).await?;
    }
    Ok(())
}

/// An id that is asked under again, by the next attempt say, begins anew.
async fn insert(connection: &mut PgConnection, rows: &[HelpRow]) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO task_run_help_requests
         SELECT * FROM jsonb_populate_recordset(NULL::task_run_help_requests, $1)
         ON CONFLICT (run_id, id) DO UPDATE SET
             position = excluded.position, index = excluded.index, attempt = excluded.attempt,
             worker = excluded.worker, kind = excluded.kind, question = excluded.question,
             detail = excluded.detail, options = excluded.options,
             free_text = excluded.free_text, blocking = excluded.blocking,
             opened_at = excluded.opened_at, state = excluded.state,
             answer_command = excluded.answer_command, answered_by = excluded.answered_by,
             answered_at = excluded.answered_at, answer = excluded.answer, note = excluded.note,
             closed_at = excluded.closed_at",
        sqlx::types::Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, rows: &[HelpRow]) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE task_run_help_requests AS h SET
             state = n.state, answer_command = n.answer_command, answered_by = n.answered_by,
             answered_at = n.answered_at, answer = n.answer, note = n.note,
             closed_at = n.closed_at
         FROM jsonb_populate_recordset(NULL::task_run_help_requests, $1) AS n
         WHERE h.run_id = n.run_id AND h.id = n.id",
        sqlx::types::Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
