//! The runs that a batch speaks of, for the recorder.

use baton_domain::RunId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    RunRecord,
    row::{runs, select_runs_with},
};
use crate::StoreError;

/// The records of those of the runs that are known.
pub(crate) async fn load(
    connection: &mut PgConnection,
    ids: &[RunId],
) -> Result<Vec<RunRecord>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(RunId::as_uuid).collect();
    let rows = select_runs_with!(r#"'null'::jsonb AS "request!""#, "WHERE id = ANY($1)", &ids)
        .fetch_all(connection)
        .await?;
    Ok(runs(rows)?.into_iter().map(|run| run.record).collect())
}
