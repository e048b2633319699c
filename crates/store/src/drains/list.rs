//! All drains.

use baton_domain::{Actor, Drain};

use super::StoredDrain;
use crate::{
    Store, StoreError,
    error::{InvalidRow, Place},
};

struct DrainRow {
    scope: String,
    actor: String,
    note: String,
    since: chrono::DateTime<chrono::Utc>,
    until: Option<chrono::DateTime<chrono::Utc>>,
    runs: String,
    position: i64,
}

/// Every drain that nobody has taken back, by scope; also those that have ended by themselves.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &Store) -> Result<Vec<StoredDrain>, StoreError> {
    let rows = sqlx::query_as!(
        DrainRow,
        "SELECT scope, actor, note, since, until, runs, position FROM drains ORDER BY scope"
    )
    .fetch_all(store.pool())
    .await?;
    let drains: Result<_, InvalidRow> = rows.into_iter().map(drain).collect();
    Ok(drains?)
}

fn drain(row: DrainRow) -> Result<StoredDrain, InvalidRow> {
    let at = Place {
        table: "drains",
        key: &row.scope,
    };
    Ok(StoredDrain {
        position: at.position("position", row.position)?,
        drain: Drain {
            scope: at.fit("scope", row.scope.parse())?,
            actor: at.fit("actor", Actor::try_from(row.actor))?,
            note: row.note,
            since: row.since,
            until: row.until,
            runs: at.fit("runs", row.runs.parse())?,
        },
    })
}
