//! Secrets that are sealed to a key of before.

use baton_domain::{Generation, RunId};
use uuid::Uuid;

use super::StoredSecret;
use crate::{
    Store, StoreError,
    error::{InvalidRow, Place},
};

struct SecretRow {
    run_id: Uuid,
    generation: i32,
    key_id: String,
    sealed: String,
}

/// At most `limit` secrets of live sessions that are sealed to another key than this one.
///
/// # Errors
/// When the database is unavailable.
pub async fn sealed_to_others(
    store: &Store,
    key_id: &str,
    limit: u32,
) -> Result<Vec<StoredSecret>, StoreError> {
    let rows = sqlx::query_as!(
        SecretRow,
        r#"SELECT run_id, generation, sealed_key_id AS "key_id!", sealed_secret AS "sealed!"
           FROM task_run_live_sessions
           WHERE status = 'ready' AND sealed_secret IS NOT NULL AND sealed_key_id <> $1
           ORDER BY run_id LIMIT $2"#,
        key_id,
        i64::from(limit),
    )
    .fetch_all(store.pool())
    .await?;
    let secrets: Result<_, InvalidRow> = rows.into_iter().map(secret).collect();
    Ok(secrets?)
}

fn secret(row: SecretRow) -> Result<StoredSecret, InvalidRow> {
    let at = Place {
        table: "task_run_live_sessions",
        key: &row.run_id,
    };
    let generation = at.count("generation", i64::from(row.generation))?;
    Ok(StoredSecret {
        run: RunId::from_uuid(row.run_id),
        generation: at.fit("generation", Generation::new(generation))?,
        key_id: row.key_id,
        sealed: row.sealed,
    })
}
