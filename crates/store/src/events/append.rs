//! Keeping events.

use sqlx::PgConnection;
use uuid::Uuid;

use super::NewEvent;
use crate::{
    StoreError,
    row::{attempt_out, position_out, seq_out},
};

/// Keeps events; a report that is kept already is left as it is.
pub(crate) async fn append(
    connection: &mut PgConnection,
    events: &[NewEvent],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let positions: Vec<i64> = events.iter().map(|e| position_out(e.position)).collect();
    let indexes: Vec<i16> = events.iter().map(|e| e.index.cast_signed()).collect();
    let runs: Vec<Uuid> = events.iter().map(|e| e.run.as_uuid()).collect();
    let attempts: Vec<Option<i32>> = events.iter().map(|e| e.attempt.map(attempt_out)).collect();
    let seqs: Vec<Option<i32>> = events.iter().map(|e| e.seq.map(seq_out)).collect();
    let sources: Vec<&str> = events.iter().map(|e| e.source.as_str()).collect();
    let kinds: Vec<&str> = events.iter().map(|e| e.kind.as_str()).collect();
    let times: Vec<_> = events.iter().map(|e| e.at).collect();
    let refusals: Vec<Option<&str>> = events.iter().map(|e| e.refusal.as_deref()).collect();
    let data: Vec<&serde_json::Value> = events.iter().map(|e| &e.data).collect();
    sqlx::query!(
        "INSERT INTO task_run_events
             (position, index, run_id, attempt, seq, source, kind, at, refusal, data, effective)
         SELECT *, refusal IS NULL FROM UNNEST(
             $1::bigint[], $2::smallint[], $3::uuid[], $4::integer[], $5::integer[], $6::text[],
             $7::text[], $8::timestamptz[], $9::text[], $10::jsonb[]
         ) AS e (position, index, run_id, attempt, seq, source, kind, at, refusal, data)
         ON CONFLICT DO NOTHING",
        &positions,
        &indexes,
        &runs,
        &attempts as _,
        &seqs as _,
        &sources as _,
        &kinds as _,
        &times,
        &refusals as _,
        &data as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
