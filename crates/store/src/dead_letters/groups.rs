//! Dead letters by cause.

use baton_domain::RunId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{DeadLetterFilter, DeadLetterGroup};
use crate::{
    Store, StoreError,
    error::{InvalidRow, Place},
};

struct GroupRow {
    code: String,
    cause: String,
    count: i64,
    oldest: DateTime<Utc>,
    newest: DateTime<Utc>,
    message: String,
    samples: Vec<Uuid>,
}

/// Groups of dead letters that failed alike, the largest first: at most `limit`, after the first
/// `skip`.
///
/// # Errors
/// When the database is unavailable.
pub async fn groups(
    store: &Store,
    filter: &DeadLetterFilter,
    skip: u32,
    limit: u32,
) -> Result<Vec<DeadLetterGroup>, StoreError> {
    let rows = sqlx::query_as!(
        GroupRow,
        r#"SELECT failure_code AS "code!", failure_cause AS "cause!", count(*) AS "count!",
                  min(finished_at) AS "oldest!", max(finished_at) AS "newest!",
                  (array_agg(failure_message ORDER BY finished_at DESC, id DESC))[1] AS "message!",
                  (array_agg(id ORDER BY finished_at DESC, id DESC))[1:5] AS "samples!"
           FROM task_runs
           WHERE state = 'dead_lettered'
             AND ($1::text IS NULL OR failure_code = $1)
             AND ($2::text IS NULL OR failure_cause = $2)
             AND ($3::text IS NULL OR pool = $3)
           GROUP BY failure_code, failure_cause
           ORDER BY count(*) DESC, failure_code, failure_cause
           OFFSET $4 LIMIT $5"#,
        filter.code.map(|code| code.as_str()),
        filter.cause.as_deref(),
        filter.pool.as_ref().map(|pool| pool.as_str()),
        i64::from(skip),
        i64::from(limit),
    )
    .fetch_all(store.pool())
    .await?;
    let groups: Result<_, InvalidRow> = rows.into_iter().map(group).collect();
    Ok(groups?)
}

fn group(row: GroupRow) -> Result<DeadLetterGroup, InvalidRow> {
    let at = Place {
        table: "task_runs",
        key: &row.cause,
    };
    Ok(DeadLetterGroup {
        code: at.fit("failure_code", row.code.parse())?,
        count: at.count("count", row.count)?,
        oldest: row.oldest,
        newest: row.newest,
        message: row.message,
        samples: row.samples.into_iter().map(RunId::from_uuid).collect(),
        cause: row.cause,
    })
}
