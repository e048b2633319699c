//! Requests for a person, page by page.

use super::{HelpCursor, HelpFilter, HelpPage, HelpStanding, StoredHelp, row::ShownRow};
use crate::{InvalidRow, Store, StoreError, control_events::Mark, row::position_out};

/// At most `limit` requests that fit the filter; `after` is the `next` of the page before, with the
/// same filter.
///
/// # Errors
/// When the database is unavailable.
pub async fn page(
    store: &Store,
    filter: &HelpFilter,
    after: Option<HelpCursor>,
    limit: u32,
) -> Result<HelpPage, StoreError> {
    // One more than asked for tells whether others follow.
    let most = i64::from(limit) + 1;
    let mut rows = Vec::new();
    let wants_open = matches!(filter.standing, HelpStanding::Any | HelpStanding::Open);
    if wants_open && !matches!(after, Some(HelpCursor::Over(_))) {
        let after = match after {
            Some(HelpCursor::Open(mark)) => mark,
            _ => Mark::START,
        };
        rows = open(store, filter, after, most).await?;
    }
    let left = most.saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    if filter.standing != HelpStanding::Open && left > 0 {
        let before = match after {
            Some(HelpCursor::Over(mark)) => Some(mark),
            _ => None,
        };
        rows.extend(over(store, filter, before, left).await?);
    }
    Ok(shown(rows, limit)?)
}

fn shown(rows: Vec<ShownRow>, limit: u32) -> Result<HelpPage, InvalidRow> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    let requests: Result<Vec<StoredHelp>, _> = rows
        .into_iter()
        .take(limit)
        .map(TryFrom::try_from)
        .collect();
    let requests = requests?;
    let next = requests.last().map(cursor).filter(|_| more);
    Ok(HelpPage { requests, next })
}

const fn cursor(last: &StoredHelp) -> HelpCursor {
    let mark = last.asked.mark;
    if last.asked.help.over.is_some() {
        HelpCursor::Over(mark)
    } else {
        HelpCursor::Open(mark)
    }
}

async fn open(
    store: &Store,
    filter: &HelpFilter,
    after: Mark,
    most: i64,
) -> Result<Vec<ShownRow>, StoreError> {
    let rows = sqlx::query_as!(
        ShownRow,
        r#"SELECT to_jsonb(h) AS "asked!", h.id, r.title, r.pool
           FROM task_run_help_requests AS h JOIN task_runs AS r ON r.id = h.run_id
           WHERE h.state = 'open'
             AND (h.position, h.index) > ($1, $2)
             AND ($3::text IS NULL OR h.kind = $3)
             AND ($4::uuid IS NULL OR h.run_id = $4)
             AND ($5::text IS NULL OR r.pool = $5)
           ORDER BY h.position, h.index LIMIT $6"#,
        position_out(after.position),
        after.index.cast_signed(),
        filter.kind.map(|kind| kind.as_str()),
        filter.run.map(|run| run.as_uuid()),
        filter.pool.as_ref().map(|pool| pool.as_str()),
        most,
    )
    .fetch_all(store.pool())
    .await?;
    Ok(rows)
}

async fn over(
    store: &Store,
    filter: &HelpFilter,
    before: Option<Mark>,
    most: i64,
) -> Result<Vec<ShownRow>, StoreError> {
    let end = match filter.standing {
        HelpStanding::Ended(end) => Some(end.as_str()),
        _ => None,
    };
    let rows = sqlx::query_as!(
        ShownRow,
        r#"SELECT to_jsonb(h) AS "asked!", h.id, r.title, r.pool
           FROM task_run_help_requests AS h JOIN task_runs AS r ON r.id = h.run_id
           WHERE h.state <> 'open'
             AND ($1::bigint IS NULL OR (h.position, h.index) < ($1, $2::smallint))
             AND ($3::text IS NULL OR h.kind = $3)
             AND ($4::uuid IS NULL OR h.run_id = $4)
             AND ($5::text IS NULL OR r.pool = $5)
             AND ($6::text IS NULL OR h.state = $6)
           ORDER BY h.position DESC, h.index DESC LIMIT $7"#,
        before.map(|mark| position_out(mark.position)),
        before.map(|mark| mark.index.cast_signed()),
        filter.kind.map(|kind| kind.as_str()),
        filter.run.map(|run| run.as_uuid()),
        filter.pool.as_ref().map(|pool| pool.as_str()),
        end,
        most,
    )
    .fetch_all(store.pool())
    .await?;
    Ok(rows)
}
