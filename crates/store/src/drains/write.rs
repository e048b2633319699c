//! Keeping drains, and forgetting those that were taken back.

use std::collections::BTreeMap;

use baton_domain::DrainScope;
use sqlx::PgConnection;

use super::StoredDrain;
use crate::{StoreError, row::position_out};

/// Keeps what was wished last of each scope.
pub(crate) async fn write(
    connection: &mut PgConnection,
    drains: &BTreeMap<DrainScope, Option<StoredDrain>>,
) -> Result<(), StoreError> {
    for (scope, stored) in drains {
        match stored {
            Some(stored) => keep(&mut *connection, stored).await?,
            None => forget(&mut *connection, scope).await?,
        }
    }
    Ok(())
}

async fn keep(connection: &mut PgConnection, stored: &StoredDrain) -> Result<(), StoreError> {
    let drain = &stored.drain;
    sqlx::query!(
        "INSERT INTO drains (scope, actor, note, since, until, runs, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (scope) DO UPDATE SET
             actor = excluded.actor, note = excluded.note, since = excluded.since,
             until = excluded.until, runs = excluded.runs, position = excluded.position",
        drain.scope.to_string(),
        drain.actor.as_str(),
        drain.note,
        drain.since,
        drain.until,
        drain.runs.as_str(),
        position_out(stored.position),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn forget(connection: &mut PgConnection, scope: &DrainScope) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM drains WHERE scope = $1", scope.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
