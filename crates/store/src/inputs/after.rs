//! Records of input from a place on.

use baton_domain::{Actor, Fence, GrantId, RunId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{InputPage, StoredInput, TypedInput};
use crate::{
    Store, StoreError,
    control_events::Mark,
    error::{InvalidRow, Place},
    row::position_out,
};

struct InputRow {
    position: i64,
    index: i16,
    run_id: Uuid,
    attempt: i32,
    worker: String,
    at: DateTime<Utc>,
    number: i64,
    terminal: String,
    grant_id: Uuid,
    holder: String,
    channel: String,
    fence: i64,
    first_seq: i64,
    last_seq: i64,
    output_offset: i64,
    length: i64,
    echo: bool,
    text: Option<String>,
    mac: Option<String>,
    previous: String,
    hash: String,
    chain: String,
}

/// At most `limit` records of what was typed into a run past a place, oldest first; none: from the
/// first on.
///
/// # Errors
/// When the database is unavailable.
pub async fn after(
    store: &Store,
    run: RunId,
    after: Option<Mark>,
    limit: u32,
) -> Result<InputPage, StoreError> {
    let rows = sqlx::query_as!(
        InputRow,
        "SELECT position, index, run_id, attempt, worker, at, number, terminal, grant_id, holder,
             channel, fence, first_seq, last_seq, output_offset, length, echo, text, mac, previous,
             hash, chain
         FROM task_run_inputs
         WHERE run_id = $1 AND ($2::bigint IS NULL OR (position, index) > ($2, $3::smallint))
         ORDER BY position, index LIMIT $4",
        run.as_uuid(),
        after.map(|mark| position_out(mark.position)),
        after.map(|mark| mark.index.cast_signed()),
        // One more than asked for tells whether others follow.
        i64::from(limit) + 1,
    )
    .fetch_all(store.pool())
    .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    let inputs: Result<_, InvalidRow> = rows.into_iter().take(limit).map(input).collect();
    Ok(InputPage {
        inputs: inputs?,
        has_more,
    })
}

fn input(row: InputRow) -> Result<StoredInput, InvalidRow> {
    let key = format!("position {} index {}", row.position, row.index);
    let at = Place {
        table: "task_run_inputs",
        key: &key,
    };
    Ok(StoredInput {
        mark: at.mark(row.position, row.index)?,
        run: RunId::from_uuid(row.run_id),
        attempt: at.attempt("attempt", row.attempt)?,
        worker: at.fit("worker", row.worker.parse())?,
        at: row.at,
        chain: at.fit("chain", row.chain.parse())?,
        typed: TypedInput {
            number: at.count("number", row.number)?,
            terminal: at.fit("terminal", row.terminal.parse())?,
            grant: GrantId::from_uuid(row.grant_id),
            holder: at.fit("holder", Actor::try_from(row.holder))?,
            channel: at.fit("channel", row.channel.parse())?,
            fence: at.fit("fence", Fence::new(at.count("fence", row.fence)?))?,
            first_seq: at.count("first_seq", row.first_seq)?,
            last_seq: at.count("last_seq", row.last_seq)?,
            offset: at.count("output_offset", row.output_offset)?,
            length: at.count("length", row.length)?,
            echo: row.echo,
            text: row.text,
            mac: row.mac,
            previous: row.previous,
            hash: row.hash,
        },
    })
}
