//! Dead letters, one by one.

use baton_domain::RunId;

use super::{
    RunPage,
    list::page,
    row::{runs, select_runs},
};
use crate::{Store, StoreError, dead_letters::DeadLetterFilter};

/// Which dead letters come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadOrder {
    /// Those that were dead-lettered last.
    NewestFirst,
    /// Those that have waited longest.
    OldestFirst,
}

/// A page of at most `limit` dead letters that fit the filter; `after` is the `next` of the page
/// before.
///
/// # Errors
/// When the database is unavailable.
pub async fn dead(
    store: &Store,
    filter: &DeadLetterFilter,
    order: DeadOrder,
    after: Option<RunId>,
    limit: u32,
) -> Result<RunPage, StoreError> {
    let after = after.map(|id| id.as_uuid());
    let code = filter.code.map(|code| code.as_str());
    let cause = filter.cause.as_deref();
    let pool = filter.pool.as_ref().map(|pool| pool.as_str());
    // One more than asked for tells whether others follow.
    let most = i64::from(limit) + 1;
    let rows = match order {
        DeadOrder::NewestFirst => {
            select_runs!(
                "WHERE state = 'dead_lettered'
                   AND ($1::uuid IS NULL OR (finished_at, id)
                       < ((SELECT finished_at FROM task_runs WHERE id = $1), $1))
                   AND ($2::text IS NULL OR failure_code = $2)
                   AND ($3::text IS NULL OR failure_cause = $3)
                   AND ($4::text IS NULL OR pool = $4)
                 ORDER BY finished_at DESC, id DESC LIMIT $5",
                after,
                code,
                cause,
                pool,
                most,
            )
            .fetch_all(store.pool())
            .await?
        }
        DeadOrder::OldestFirst => {
            select_runs!(
                "WHERE state = 'dead_lettered'
                   AND ($1::uuid IS NULL OR (finished_at, id)
                       > ((SELECT finished_at FROM task_runs WHERE id = $1), $1))
                   AND ($2::text IS NULL OR failure_code = $2)
                   AND ($3::text IS NULL OR failure_cause = $3)
                   AND ($4::text IS NULL OR pool = $4)
                 ORDER BY finished_at, id LIMIT $5",
                after,
                code,
                cause,
                pool,
                most,
            )
            .fetch_all(store.pool())
            .await?
        }
    };
    Ok(page(runs(rows)?, limit))
}
