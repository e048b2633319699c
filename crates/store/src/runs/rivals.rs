//! Queued runs that are before another.

use baton_domain::{Position, Priority, Route, placement::Rivals};

use crate::{InvalidRow, Store, StoreError, error::Place};

struct RivalsRow {
    route: String,
    priority: String,
    runs: i64,
}

/// Queued runs that are before a run of this queue and priority which has been offered at this
/// position: all that are more urgent, and those of the same queue and priority that were offered
/// earlier; counted by queue.
///
/// # Errors
/// When the database is unavailable.
pub async fn rivals(
    store: &Store,
    route: &Route,
    priority: Priority,
    position: Position,
) -> Result<Vec<Rivals>, StoreError> {
    let urgent = Priority::ALL.iter().filter(|other| **other < priority);
    let urgent: Vec<String> = urgent.map(ToString::to_string).collect();
    let rows = sqlx::query_as!(
        RivalsRow,
        "SELECT route, priority, count(*) AS \"runs!\" FROM task_runs
         WHERE state = 'queued'
             AND (priority = ANY ($1) OR (route = $2 AND priority = $3 AND position < $4))
         GROUP BY route, priority ORDER BY route, priority",
        &urgent,
        route.to_string(),
        priority.as_str(),
        crate::row::position_out(position),
    )
    .fetch_all(store.pool())
    .await?;
    // Rows of an older recorder name no queue.
    let named = rows.into_iter().filter(|row| !row.route.is_empty());
    let rivals: Result<_, InvalidRow> = named.map(read).collect();
    Ok(rivals?)
}

fn read(row: RivalsRow) -> Result<Rivals, InvalidRow> {
    let at = Place {
        table: "task_runs",
        key: &row.route,
    };
    Ok(Rivals {
        route: at.fit("route", row.route.parse())?,
        priority: at.fit("priority", row.priority.parse())?,
        runs: at.count("runs", row.runs)?,
    })
}
