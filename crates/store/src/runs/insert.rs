//! Keeping runs that were submitted.

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoredRun;
use crate::{
    StoreError,
    row::{int_out, position_out},
};

/// Keeps new runs as they stand at their first offer: queued.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    runs: &[StoredRun],
) -> Result<(), StoreError> {
    if runs.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(runs);
    sqlx::query!(
        "INSERT INTO task_runs (
             id, run_type, title, pool, repository, priority, submitted_by, submitted_at,
             submitted_position, idempotency_key, request_digest, request, max_attempts,
             retry_first_delay_seconds, retry_max_delay_seconds, slots, route,
             state, attempt, failures, last_lease_position, position
         )
         SELECT *, 'queued', 1, 0, 0, submitted_position FROM UNNEST(
             $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::timestamptz[], $9::bigint[], $10::text[], $11::text[], $12::jsonb[],
             $13::integer[], $14::integer[], $15::integer[], $16::smallint[], $17::text[]
         ) AS n (
             id, run_type, title, pool, repository, priority, submitted_by, submitted_at,
             submitted_position, idempotency_key, request_digest, request, max_attempts,
             retry_first_delay_seconds, retry_max_delay_seconds, slots, route
         )",
        &columns.ids,
        &columns.run_types as _,
        &columns.titles as _,
        &columns.pools as _,
        &columns.repositories as _,
        &columns.priorities as _,
        &columns.submitted_by as _,
        &columns.submitted_at,
        &columns.positions,
        &columns.keys as _,
        &columns.digests as _,
        &columns.requests as _,
        &columns.max_attempts,
        &columns.first_delays,
        &columns.max_delays,
        &columns.slots,
        &columns.routes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    run_types: Vec<&'a str>,
    titles: Vec<&'a str>,
    pools: Vec<&'a str>,
    repositories: Vec<Option<&'a str>>,
    priorities: Vec<&'a str>,
    submitted_by: Vec<&'a str>,
    submitted_at: Vec<chrono::DateTime<chrono::Utc>>,
    positions: Vec<i64>,
    keys: Vec<Option<&'a str>>,
    digests: Vec<Option<&'a str>>,
    requests: Vec<&'a serde_json::Value>,
    max_attempts: Vec<i32>,
    first_delays: Vec<i32>,
    max_delays: Vec<i32>,
    slots: Vec<i16>,
    routes: Vec<String>,
}

impl<'a> Columns<'a> {
    fn of(runs: &'a [StoredRun]) -> Self {
        let mut columns = Self::default();
        runs.iter().for_each(|run| columns.push(run));
        columns
    }

    fn push(&mut self, stored: &'a StoredRun) {
        let asked = &stored.submission;
        let key = asked.idempotency.as_ref();
        let retry = stored.record.run.retry;
        self.ids.push(stored.id().as_uuid());
        self.run_types.push(asked.run_type.as_str());
        self.titles.push(&asked.title);
        self.pools.push(asked.pool.as_str());
        self.repositories.push(asked.repository.as_deref());
        self.priorities.push(asked.priority.as_str());
        self.submitted_by.push(asked.submitted_by.as_str());
        self.submitted_at.push(asked.submitted_at);
        self.positions.push(position_out(asked.position));
        self.keys.push(key.map(|key| key.key.as_str()));
        self.digests
            .push(key.map(|key| key.request_digest.as_str()));
        self.requests.push(&asked.request);
        self.max_attempts.push(int_out(retry.max_attempts));
        self.first_delays.push(int_out(retry.first_delay_seconds));
        self.max_delays.push(int_out(retry.max_delay_seconds));
        self.slots
            .push(i16::try_from(asked.slots.get()).unwrap_or(i16::MAX));
        self.routes.push(asked.route.to_string());
    }
}
