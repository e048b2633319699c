//! Deeds from a place on.

use baton_domain::RunId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{ControlFilter, ControlPage, Mark, ShownControlEvent, row::ControlRow};
use crate::{Store, StoreError, error::InvalidRow, row::position_out};

/// A deed's row with what answers it.
struct ShownRow {
    position: i64,
    index: i16,
    id: Uuid,
    run_id: Uuid,
    attempt: Option<i32>,
    actor_kind: String,
    actor: String,
    action: String,
    at: DateTime<Utc>,
    refusal: Option<String>,
    metadata: Value,
    answers: Option<Uuid>,
    delivered_at: Option<DateTime<Utc>>,
    declined: Option<String>,
    effective_at: Option<DateTime<Utc>>,
    handed_over_at: Option<DateTime<Utc>>,
    seen_at: Option<DateTime<Utc>>,
}

/// At most `limit` deeds on a run past a place, oldest first; none: from the first on.
///
/// # Errors
/// When the database is unavailable.
pub async fn after(
    store: &Store,
    run: RunId,
    filter: &ControlFilter,
    after: Option<Mark>,
    limit: u32,
) -> Result<ControlPage, StoreError> {
    let rows = sqlx::query_as!(
        ShownRow,
        r#"SELECT e.position, e.index, e.id, e.run_id, e.attempt, e.actor_kind, e.actor, e.action,
             e.at, e.refusal, e.metadata, e.answers,
             a.delivered_at, a.declined,
             CASE WHEN e.action = 'cancel' AND e.effective THEN r.finished_at
                 ELSE a.effective_at END AS effective_at,
             a.handed_over_at, a.seen_at
         FROM task_run_control_events AS e
         LEFT JOIN LATERAL (
             SELECT min(at) FILTER (WHERE action = 'control_delivered') AS delivered_at,
                 min(metadata ->> 'refused') AS declined,
                 min(at) FILTER (WHERE action NOT IN ('control_delivered', 'message_seen')) AS effective_at,
                 min(at) FILTER (WHERE action = 'message_delivered') AS handed_over_at,
                 min(at) FILTER (WHERE action = 'message_seen') AS seen_at
             FROM task_run_control_events
             WHERE run_id = e.run_id AND answers = e.id AND effective
         ) AS a ON e.actor_kind = 'operator'
         -- What ended a cancelled run is a fact of any kind, such as the loss of its lease.
         LEFT JOIN task_runs AS r
             ON r.id = e.run_id AND r.state = 'cancelled' AND e.action = 'cancel'
         WHERE e.run_id = $1
           AND ($2::bigint IS NULL OR (e.position, e.index) > ($2, $3::smallint))
           AND ($4::text IS NULL OR e.action = $4)
           AND ($5::text IS NULL OR e.actor = $5)
         ORDER BY e.position, e.index LIMIT $6"#,
        run.as_uuid(),
        after.map(|mark| position_out(mark.position)),
        after.map(|mark| mark.index.cast_signed()),
        filter.action,
        filter.actor,
        // One more than asked for tells whether others follow.
        i64::from(limit) + 1,
    )
    .fetch_all(store.pool())
    .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    let events: Result<_, InvalidRow> = rows
        .into_iter()
        .take(limit)
        .map(ShownControlEvent::try_from)
        .collect();
    Ok(ControlPage {
        events: events?,
        has_more,
    })
}

impl TryFrom<ShownRow> for ShownControlEvent {
    type Error = InvalidRow;

    fn try_from(row: ShownRow) -> Result<Self, InvalidRow> {
        let deed = ControlRow {
            position: row.position,
            index: row.index,
            id: row.id,
            run_id: row.run_id,
            attempt: row.attempt,
            actor_kind: row.actor_kind,
            actor: row.actor,
            action: row.action,
            at: row.at,
            refusal: row.refusal,
            metadata: row.metadata,
            answers: row.answers,
        };
        Ok(Self {
            event: deed.try_into()?,
            delivered_at: row.delivered_at,
            declined: row.declined,
            effective_at: row.effective_at,
            handed_over_at: row.handed_over_at,
            seen_at: row.seen_at,
        })
    }
}
