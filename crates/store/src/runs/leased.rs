//! Runs that somebody holds.

use baton_domain::{Lease, RunId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::row::release;
use crate::{
    Store, StoreError,
    error::{InvalidRow, Place},
};

struct LeaseRow {
    id: Uuid,
    attempt: i32,
    lease_worker: Option<String>,
    lease_position: Option<i64>,
    lease_taken_at: Option<DateTime<Utc>>,
    lease_last_seq: Option<i32>,
    lease_release_at: Option<DateTime<Utc>>,
    lease_release_by: Option<String>,
    lease_release_note: Option<String>,
}

/// Every lease that somebody holds, by run.
///
/// # Errors
/// When the database is unavailable.
pub async fn leased(store: &Store) -> Result<Vec<(RunId, Lease)>, StoreError> {
    let rows = sqlx::query_as!(
        LeaseRow,
        "SELECT id, attempt, lease_worker, lease_position, lease_taken_at, lease_last_seq,
             lease_release_at, lease_release_by, lease_release_note
         FROM task_runs WHERE lease_worker IS NOT NULL ORDER BY id"
    )
    .fetch_all(store.pool())
    .await?;
    let leases: Result<_, InvalidRow> = rows.into_iter().map(lease).collect();
    Ok(leases?)
}

fn lease(row: LeaseRow) -> Result<(RunId, Lease), InvalidRow> {
    let at = Place {
        table: "task_runs",
        key: &row.id,
    };
    let worker = at.known("lease_worker", row.lease_worker)?;
    let position = at.known("lease_position", row.lease_position)?;
    let last_seq = row.lease_last_seq.map(|n| at.seq("lease_last_seq", n));
    let lease = Lease {
        attempt: at.attempt("attempt", row.attempt)?,
        worker: at.fit("lease_worker", worker.parse())?,
        position: at.position("lease_position", position)?,
        taken_at: at.known("lease_taken_at", row.lease_taken_at)?,
        last_seq: last_seq.transpose()?,
        release: release(
            &at,
            row.lease_release_at,
            row.lease_release_by.as_ref(),
            row.lease_release_note.as_ref(),
        )?,
    };
    Ok((RunId::from_uuid(row.id), lease))
}
