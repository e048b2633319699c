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

/// Bytes that are sent at once.
const AT_ONCE: usize = 64 * 1024;

/// Whether some of the events may be kept already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// None is, as far as anybody knows: the database refuses everything if one is.
    Unexpected,
    /// Some are, and are left as they are. Copying cannot do that, and looking for each costs half
    /// as much again.
    LeftOut,
}

/// Whether a write was refused since a report is kept already.
pub(crate) fn is_repeat(refusal: &sqlx::Error) -> bool {
    let refusal = refusal.as_database_error();
    refusal.and_then(sqlx::error::DatabaseError::constraint) == Some(ONCE)
}

/// Keeps events.
pub(crate) async fn append(
    connection: &mut PgConnection,
    events: &[NewEvent],
    repeats: Repeats,
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    match repeats {
        Repeats::Unexpected => copy(connection, events).await,
        Repeats::LeftOut => insert_others(connection, &Columns::of(events)).await,
    }
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

async fn insert_others(connection: &mut PgConnection, c: &Columns<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO task_run_events
             (position, index, run_id, attempt, seq, source, kind, at, refusal, data, effective)
         SELECT *, refusal IS NULL FROM UNNEST(
             $1::bigint[], $2::smallint[], $3::uuid[], $4::integer[], $5::integer[], $6::text[],
             $7::text[], $8::timestamptz[], $9::text[], $10::jsonb[]
         ) AS e (position, index, run_id, attempt, seq, source, kind, at, refusal, data)
         ON CONFLICT DO NOTHING",
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
    Ok(())
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
