//! One request for a person.

use uuid::Uuid;

use super::{StoredHelp, row::ShownRow};
use crate::{Store, StoreError};

/// A request for a person by its id. Ids are chosen where they are asked: of two alike the first
/// counts.
///
/// # Errors
/// When the database is unavailable.
pub async fn get(store: &Store, id: Uuid) -> Result<Option<StoredHelp>, StoreError> {
    let row = sqlx::query_as!(
        ShownRow,
        r#"SELECT to_jsonb(h) AS "asked!", h.id, r.title, r.pool
           FROM task_run_help_requests AS h JOIN task_runs AS r ON r.id = h.run_id
           WHERE h.id = $1
           ORDER BY h.position, h.index LIMIT 1"#,
        id,
    )
    .fetch_optional(store.pool())
    .await?;
    Ok(row.map(StoredHelp::try_from).transpose()?)
}
