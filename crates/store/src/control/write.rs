//! Keeping the control of runs.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{NewControl, row::ControlRow};
use crate::StoreError;

/// Keeps controls as they stand, each in its one row; none of a run that has none any more.
pub(crate) async fn write(
    connection: &mut PgConnection,
    controls: &[NewControl],
) -> Result<(), StoreError> {
    if controls.is_empty() {
        return Ok(());
    }
    let runs: Vec<Uuid> = controls.iter().map(|new| new.run.as_uuid()).collect();
    let rows: Vec<ControlRow> = controls.iter().filter_map(ControlRow::of).collect();
    sqlx::query!("DELETE FROM task_run_control WHERE run_id = ANY($1)", &runs)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "INSERT INTO task_run_control
         SELECT * FROM jsonb_populate_recordset(NULL::task_run_control, $1)",
        sqlx::types::Json(&rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
