//! Pages of runs, newest first.

use baton_domain::{RunId, SessionStatus};

use super::{
    RunFilter, RunPage,
    row::{runs, select_runs},
};
use crate::{Store, StoreError};

/// A page of at most `limit` runs that fit the filter, newest first; `before` is the `next` of the
/// page before.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(
    store: &Store,
    filter: &RunFilter,
    before: Option<RunId>,
    limit: u32,
) -> Result<RunPage, StoreError> {
    let rows = select_runs!(
        "WHERE (
               $1::uuid IS NULL
               OR (submitted_at, id) < ((SELECT submitted_at FROM task_runs WHERE id = $1), $1)
           )
           AND ($2::text IS NULL OR state = $2)
           AND ($3::text IS NULL OR run_type = $3)
           AND ($4::text IS NULL OR pool = $4)
           AND ($5::text IS NULL OR repository = $5)
           AND ($6::text IS NULL OR submitted_by = $6)
           AND ($7::text IS NULL OR title ILIKE $7)
           AND ($8::timestamptz IS NULL OR submitted_at >= $8)
           AND ($9::timestamptz IS NULL OR submitted_at < $9)
           AND ($10::text IS NULL OR id IN (
               SELECT run_id FROM task_run_live_sessions WHERE status = $10
           ))
           AND (NOT $11 OR NOT EXISTS (
               SELECT FROM task_run_live_sessions AS it WHERE it.run_id = task_runs.id
           ))
         ORDER BY submitted_at DESC, id DESC LIMIT $12",
        before.map(|id| id.as_uuid()),
        filter.state.map(|state| state.as_str()),
        filter.run_type.map(|run_type| run_type.as_str()),
        filter.pool.as_ref().map(|pool| pool.as_str()),
        filter
            .repository
            .as_ref()
            .map(|repository| repository.as_str()),
        filter.submitted_by.as_ref().map(|actor| actor.as_str()),
        filter.title_contains.as_deref().map(containing),
        filter.submitted_after,
        filter.submitted_before,
        filter
            .session
            .filter(|status| *status != SessionStatus::Disabled)
            .map(|status| status.as_str()),
        // A run without a row never had a session.
        filter.session == Some(SessionStatus::Disabled),
        // One more than asked for tells whether others follow.
        i64::from(limit) + 1,
    )
    .fetch_all(store.pool())
    .await?;
    Ok(page(runs(rows)?, limit))
}

/// A page of runs, one more of which was looked for than it may have.
pub(super) fn page(mut runs: Vec<super::StoredRun>, limit: u32) -> RunPage {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = runs.len() > limit;
    runs.truncate(limit);
    let next = runs.last().map(super::StoredRun::id).filter(|_| more);
    RunPage { runs, next }
}

/// The pattern of texts that contain a text, whatever it contains itself.
fn containing(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}
