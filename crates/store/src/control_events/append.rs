//! Keeping deeds.

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoredControlEvent;
use crate::{
    StoreError,
    row::{attempt_out, position_out},
};

/// Keeps deeds; one that is kept already is left as it is.
pub(crate) async fn append(
    connection: &mut PgConnection,
    events: &[StoredControlEvent],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let marks = events.iter().map(|e| e.mark);
    let positions: Vec<i64> = marks.clone().map(|m| position_out(m.position)).collect();
    let indexes: Vec<i16> = marks.map(|m| m.index.cast_signed()).collect();
    let ids: Vec<Uuid> = events.iter().map(|e| e.id).collect();
    let runs: Vec<Uuid> = events.iter().map(|e| e.run.as_uuid()).collect();
    let attempts: Vec<Option<i32>> = events.iter().map(|e| e.attempt.map(attempt_out)).collect();
    let kinds: Vec<&str> = events.iter().map(|e| e.actor_kind.as_str()).collect();
    let actors: Vec<&str> = events.iter().map(|e| e.actor.as_str()).collect();
    let actions: Vec<&str> = events.iter().map(|e| e.action.as_str()).collect();
    let times: Vec<_> = events.iter().map(|e| e.at).collect();
    let refusals: Vec<Option<&str>> = events.iter().map(|e| e.refusal.as_deref()).collect();
    let metadata: Vec<&serde_json::Value> = events.iter().map(|e| &e.metadata).collect();
    let answers: Vec<Option<Uuid>> = events.iter().map(|e| e.answers).collect();
    sqlx::query!(
        "INSERT INTO task_run_control_events
             (position, index, id, run_id, attempt, actor_kind, actor, action, at, refusal,
              metadata, answers, effective)
         SELECT *, refusal IS NULL FROM UNNEST(
             $1::bigint[], $2::smallint[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[],
             $7::text[], $8::text[], $9::timestamptz[], $10::text[], $11::jsonb[],
             $12::uuid[]
         ) AS e (position, index, id, run_id, attempt, actor_kind, actor, action, at, refusal,
                 metadata, answers)
         ON CONFLICT DO NOTHING",
        &positions,
        &indexes,
        &ids,
        &runs,
        &attempts as _,
        &kinds as _,
        &actors as _,
        &actions as _,
        &times,
        &refusals as _,
        &metadata as _,
        &answers as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
