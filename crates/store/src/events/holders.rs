//! Who had a run.

use baton_domain::{Attempt, RunId, WorkerId};

use crate::{
    Store, StoreError,
    error::{InvalidRow, Place},
};

/// The workers that had a run, each under its attempt, in order.
///
/// # Errors
/// When the database is unavailable.
pub async fn holders(store: &Store, run: RunId) -> Result<Vec<(Attempt, WorkerId)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT attempt AS "attempt!", source FROM task_run_events
           WHERE run_id = $1 AND kind = 'lease_taken' AND effective AND attempt IS NOT NULL
           ORDER BY position, index"#,
        run.as_uuid(),
    )
    .fetch_all(store.pool())
    .await?;
    let key = run.to_string();
    let at = Place {
        table: "task_run_events",
        key: &key,
    };
    let holders: Result<Vec<_>, InvalidRow> = rows
        .into_iter()
        .map(|row| {
            let attempt = at.attempt("attempt", row.attempt)?;
            Ok((attempt, at.fit("source", row.source.parse())?))
        })
        .collect();
    Ok(holders?)
}
