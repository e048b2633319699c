//! Keeping sessions.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{NewSession, row::SessionRow};
use crate::StoreError;

/// Keeps sessions as they stand, each in its one row.
pub(crate) async fn write(
    connection: &mut PgConnection,
    sessions: &[NewSession],
) -> Result<(), StoreError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let rows: Vec<SessionRow> = sessions.iter().filter_map(SessionRow::of).collect();
    let runs: Vec<Uuid> = rows.iter().map(SessionRow::run).collect();
    sqlx::query!(
        "DELETE FROM task_run_live_sessions WHERE run_id = ANY($1)",
        &runs
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO task_run_live_sessions
         SELECT * FROM jsonb_populate_recordset(NULL::task_run_live_sessions, $1)",
        sqlx::types::Json(&rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
