//! Keeping events.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    NewEvent,
    copy::{self, Rows},
};
use crate::{
    StoreError,
    row::{attempt_out, position_out, seq_out},
};

/// The index that holds each report once.
const ONCE: &str = "task_run_events_once";

/// So many events are copied in; fewer are inserted, which is one round less. From here on copying
/// is as fast.
const MANY: usize = 64;

/// Bytes that are sent at once.
const AT_ONCE: usize = 64 * 1024;

/// Whether some of the events may be kept already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// None is, as far as anybody knows.
    Unexpected,
    /// Some are, and are left as they are. Copying cannot do that, and of many events, looking for
    /// each costs half as much again.
    LeftOut,
}

/// What became of events that were to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Appended {
    /// They are kept, or were already if that was to be expected.
    All,
    /// Unexpectedly some were kept already: what is written with them must not stand.
    Repeated,
}

/// Keeps events.
pub(crate) async fn append(
    connection: &mut PgConnection,
    events: &[NewEvent],
    repeats: Repeats,
) -> Result<Appended, StoreError> {
    if events.is_empty() {
        return Ok(Appended::All);
    }
    if repeats == Repeats::Unexpected && events.len() >= MANY {
        return match copy(connection, events).await {
            Err(StoreError::Rejected(refusal)) if is_repeat(&refusal) => Ok(Appended::Repeated),
            copied => copied.map(|()| Appended::All),
        };
    }
    let inserted = insert(connection, &Columns::of(events)).await?;
    let all = repeats == Repeats::LeftOut || inserted == events.len() as u64;
    Ok(if all {
        Appended::All
    } else {
        Appended::Repeated
    })
}

/// Whether a write was refused since a report is kept already.
fn is_repeat(refusal: &sqlx::Error) -> bool {
    let refusal = refusal.as_database_error();
    refusal.and_then(sqlx::error::DatabaseError::constraint) == Some(ONCE)
}

async fn copy(connection: &mut PgConnection, events: &[NewEvent]) -> Result<(), StoreError> {
    let mut table = connection.copy_in_raw(copy::STATEMENT).await?;
    let mut rows = Rows::begin();
    for event in events {
        rows.push(event);
        // The database takes these in while the next are written down.
        if rows.bytes().len() >= AT_ONCE {
            table.send(rows.bytes()).await?;
            rows.clear();
        }
    }
    rows.end();
    table.send(rows.bytes()).await?;
    table.finish().await?;
    Ok(())
}

/// How many of them were not there yet.
async fn insert(connection: &mut PgConnection, c: &Columns<'_>) -> Result<u64, StoreError> {
    let inserted = sqlx::query!(
        "INSERT INTO task_run_events
             (position, index, run_id, attempt, seq, source, kind, at, refusal, data, effective)
         SELECT *, refusal IS NULL FROM UNNEST(
             $1::bigint[], $2::smallint[], $3::uuid[], $4::integer[], $5::integer[], $6::text[],
             $7::text[], $8::timestamptz[], $9::text[], $10::jsonb[]
         ) AS e (position, index, run_id, attempt, seq, source, kind, at, refusal, data)
         ON CONFLICT (run_id, attempt, source, seq) WHERE seq IS NOT NULL DO NOTHING",
        &c.positions,
        &c.indexes,
        &c.runs,
        &c.attempts as _,
        &c.seqs as _,
        &c.sources as _,
        &c.kinds as _,
        &c.times,
        &c.refusals as _,
        &c.data as _,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected())
}

struct Columns<'a> {
    positions: Vec<i64>,
    indexes: Vec<i16>,
    runs: Vec<Uuid>,
    attempts: Vec<Option<i32>>,
    seqs: Vec<Option<i32>>,
    sources: Vec<&'a str>,
    kinds: Vec<&'a str>,
    times: Vec<DateTime<Utc>>,
    refusals: Vec<Option<&'a str>>,
    data: Vec<&'a Value>,
}

impl<'a> Columns<'a> {
    fn of(events: &'a [NewEvent]) -> Self {
        Self {
            positions: events.iter().map(|e| position_out(e.position)).collect(),
            indexes: events.iter().map(|e| e.index.cast_signed()).collect(),
            runs: events.iter().map(|e| e.run.as_uuid()).collect(),
            attempts: events.iter().map(|e| e.attempt.map(attempt_out)).collect(),
            seqs: events.iter().map(|e| e.seq.map(seq_out)).collect(),
            sources: events.iter().map(|e| e.source.as_str()).collect(),
            kinds: events.iter().map(|e| e.kind.as_str()).collect(),
            times: events.iter().map(|e| e.at).collect(),
            refusals: events.iter().map(|e| e.refusal.as_deref()).collect(),
            data: events.iter().map(|e| &e.data).collect(),
        }
    }
}
