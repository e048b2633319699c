//! Keeping what is known of files.

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoredArtifact;
use crate::{
    StoreError,
    row::{attempt_out, bigint_out, position_out},
};

/// Keeps files; a later report of the same file replaces an earlier one.
pub(crate) async fn write(
    connection: &mut PgConnection,
    files: &[StoredArtifact],
) -> Result<(), StoreError> {
    if files.is_empty() {
        return Ok(());
    }
    let runs: Vec<Uuid> = files.iter().map(|f| f.run.as_uuid()).collect();
    let attempts: Vec<i32> = files.iter().map(|f| attempt_out(f.attempt)).collect();
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    let sizes: Vec<i64> = files.iter().map(|f| bigint_out(f.size)).collect();
    let hashes: Vec<&str> = files.iter().map(|f| f.sha256.as_str()).collect();
    let types: Vec<&str> = files.iter().map(|f| f.content_type.as_str()).collect();
    let times: Vec<_> = files.iter().map(|f| f.stored_at).collect();
    let positions: Vec<i64> = files.iter().map(|f| position_out(f.position)).collect();
    sqlx::query!(
        "INSERT INTO task_run_artifacts
             (run_id, attempt, name, size, sha256, content_type, stored_at, position)
         SELECT * FROM UNNEST(
             $1::uuid[], $2::integer[], $3::text[], $4::bigint[], $5::text[], $6::text[],
             $7::timestamptz[], $8::bigint[]
         )
         ON CONFLICT (run_id, attempt, name) DO UPDATE SET
             size = excluded.size, sha256 = excluded.sha256, content_type = excluded.content_type,
             stored_at = excluded.stored_at, position = excluded.position",
        &runs,
        &attempts,
        &names as _,
        &sizes,
        &hashes as _,
        &types as _,
        &times,
        &positions,
    )
    .execute(connection)
    .await?;
    Ok(())
}
