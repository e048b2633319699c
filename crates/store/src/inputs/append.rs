//! Keeping records of input.

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoredInput;
use crate::{
    StoreError,
    row::{attempt_out, bigint_out, position_out},
};

/// Keeps records of input; one that is kept already is left as it is. What was typed without echo is
/// not kept in clear, whatever the record says.
pub(crate) async fn append(
    connection: &mut PgConnection,
    inputs: &[StoredInput],
) -> Result<(), StoreError> {
    if inputs.is_empty() {
        return Ok(());
    }
    let c = Columns::of(inputs);
    sqlx::query!(
        "INSERT INTO task_run_inputs
             (position, index, run_id, attempt, worker, at, number, terminal, grant_id, holder,
              channel, fence, first_seq, last_seq, output_offset, length, echo, text, mac, previous,
              hash, chain)
         SELECT * FROM UNNEST(
             $1::bigint[], $2::smallint[], $3::uuid[], $4::integer[], $5::text[],
             $6::timestamptz[], $7::bigint[], $8::text[], $9::uuid[], $10::text[], $11::text[],
             $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
             $17::boolean[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[]
         )
         ON CONFLICT DO NOTHING",
        &c.positions,
        &c.indexes,
        &c.runs,
        &c.attempts,
        &c.workers as _,
        &c.times,
        &c.numbers,
        &c.terminals as _,
        &c.grants,
        &c.holders as _,
        &c.channels as _,
        &c.fences,
        &c.first_seqs,
        &c.last_seqs,
        &c.offsets,
        &c.lengths,
        &c.echoes,
        &c.texts as _,
        &c.macs as _,
        &c.previous as _,
        &c.hashes as _,
        &c.chains as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Default)]
struct Columns<'a> {
    positions: Vec<i64>,
    indexes: Vec<i16>,
    runs: Vec<Uuid>,
    attempts: Vec<i32>,
    workers: Vec<&'a str>,
    times: Vec<chrono::DateTime<chrono::Utc>>,
    numbers: Vec<i64>,
    terminals: Vec<&'a str>,
    grants: Vec<Uuid>,
    holders: Vec<&'a str>,
    channels: Vec<&'a str>,
    fences: Vec<i64>,
    first_seqs: Vec<i64>,
    last_seqs: Vec<i64>,
    offsets: Vec<i64>,
    lengths: Vec<i64>,
    echoes: Vec<bool>,
    texts: Vec<Option<&'a str>>,
    macs: Vec<Option<&'a str>>,
    previous: Vec<&'a str>,
    hashes: Vec<&'a str>,
    chains: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(inputs: &'a [StoredInput]) -> Self {
        let mut columns = Self::default();
        inputs.iter().for_each(|input| columns.push(input));
        columns
    }

    fn push(&mut self, input: &'a StoredInput) {
        let typed = &input.typed;
        self.positions.push(position_out(input.mark.position));
        self.indexes.push(input.mark.index.cast_signed());
        self.runs.push(input.run.as_uuid());
        self.attempts.push(attempt_out(input.attempt));
        self.workers.push(input.worker.as_str());
        self.times.push(input.at);
        self.numbers.push(bigint_out(typed.number));
        self.terminals.push(typed.terminal.as_str());
        self.grants.push(typed.grant.as_uuid());
        self.holders.push(typed.holder.as_str());
        self.channels.push(typed.channel.as_str());
        self.fences.push(bigint_out(typed.fence.get()));
        self.first_seqs.push(bigint_out(typed.first_seq));
        self.last_seqs.push(bigint_out(typed.last_seq));
        self.offsets.push(bigint_out(typed.offset));
        self.lengths.push(bigint_out(typed.length));
        self.echoes.push(typed.echo);
        self.texts
            .push(typed.text.as_deref().filter(|_| typed.echo));
        self.macs.push(typed.mac.as_deref());
        self.previous.push(&typed.previous);
        self.hashes.push(&typed.hash);
        self.chains.push(input.chain.as_str());
    }
}
