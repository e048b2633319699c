//! Keeping what became of runs.

use baton_domain::RunState;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Outcome, RunRecord};
use crate::{
    StoreError,
    control::{self, agent_out},
    row::{attempt_out, bigint_out, int_out, position_out, seq_out},
};

/// Keeps what became of known runs.
#[expect(clippy::too_many_lines, reason = "a flat table of columns")]
pub(crate) async fn update(
    connection: &mut PgConnection,
    records: &[&RunRecord],
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let c = Columns::of(records);
    let done = sqlx::query!(
        "UPDATE task_runs AS t SET
             state = n.state, attempt = n.attempt, failures = n.failures, stage = n.stage,
             pause_kind = n.pause_kind, lease_worker = n.lease_worker,
             lease_position = n.lease_position, lease_taken_at = n.lease_taken_at,
             lease_last_seq = n.lease_last_seq, last_lease_position = n.last_lease_position,
             due_at = n.due_at, failure_code = n.failure_code,
             failure_message = n.failure_message, failure_retryable = n.failure_retryable,
             cancel_requested_at = n.cancel_requested_at, started_at = n.started_at,
             finished_at = n.finished_at, result_summary = n.result_summary,
             result_branch = n.result_branch, result_commit = n.result_commit,
             result_files_changed = n.result_files_changed,
             result_insertions = n.result_insertions, result_deletions = n.result_deletions,
             usage_input_tokens = n.usage_input_tokens,
             usage_cached_input_tokens = n.usage_cached_input_tokens,
             usage_output_tokens = n.usage_output_tokens, position = n.position,
             last_lost_position = n.last_lost_position, lease_release_at = n.lease_release_at,
             lease_release_by = n.lease_release_by, lease_release_note = n.lease_release_note,
             result_pull_request_url = n.result_pull_request_url,
             result_pull_request_number = n.result_pull_request_number,
             agent = n.agent, controlled = n.controlled
         FROM UNNEST(
             $1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::text[], $6::text[],
             $7::text[], $8::bigint[], $9::timestamptz[], $10::integer[], $11::bigint[],
             $12::timestamptz[], $13::text[], $14::text[], $15::boolean[], $16::timestamptz[],
             $17::timestamptz[], $18::timestamptz[], $19::text[], $20::text[], $21::text[],
             $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[],
             $27::bigint[], $28::bigint[], $29::bigint[], $30::timestamptz[],
             $31::text[], $32::text[], $33::text[], $34::bigint[], $35::jsonb[], $36::boolean[]
         ) AS n (
             id, state, attempt, failures, stage, pause_kind, lease_worker, lease_position,
             lease_taken_at, lease_last_seq, last_lease_position, due_at, failure_code,
             failure_message, failure_retryable, cancel_requested_at, started_at, finished_at,
             result_summary, result_branch, result_commit, result_files_changed,
             result_insertions, result_deletions, usage_input_tokens, usage_cached_input_tokens,
             usage_output_tokens, position, last_lost_position, lease_release_at,
             lease_release_by, lease_release_note, result_pull_request_url,
             result_pull_request_number, agent, controlled
         )
         WHERE t.id = n.id",
        &c.ids,
        &c.states as _,
        &c.attempts,
        &c.failures,
        &c.stages as _,
        &c.pause_kinds as _,
        &c.lease_workers as _,
        &c.lease_positions as _,
        &c.lease_taken_at as _,
        &c.lease_last_seqs as _,
        &c.last_leases,
        &c.due_at as _,
        &c.failure_codes as _,
        &c.failure_messages as _,
        &c.failure_retryable as _,
        &c.cancel_requested_at as _,
        &c.started_at as _,
        &c.finished_at as _,
        &c.summaries as _,
        &c.branches as _,
        &c.commits as _,
        &c.files_changed as _,
        &c.insertions as _,
        &c.deletions as _,
        &c.input_tokens as _,
        &c.cached_input_tokens as _,
        &c.output_tokens as _,
        &c.positions,
        &c.last_losts,
        &c.lease_release_at as _,
        &c.lease_release_by as _,
        &c.lease_release_notes as _,
        &c.pull_request_urls as _,
        &c.pull_request_numbers as _,
        &c.agents as _,
        &c.controlled,
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == records.len() as u64 {
        Ok(())
    } else {
        // Runs are never deleted one by one: somebody has emptied the tables.
        Err(StoreError::LostOwnership)
    }
}

#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    states: Vec<&'a str>,
    attempts: Vec<i32>,
    failures: Vec<i32>,
    stages: Vec<Option<&'a str>>,
    pause_kinds: Vec<Option<&'a str>>,
    lease_workers: Vec<Option<&'a str>>,
    lease_positions: Vec<Option<i64>>,
    lease_taken_at: Vec<Option<DateTime<Utc>>>,
    lease_last_seqs: Vec<Option<i32>>,
    last_leases: Vec<i64>,
    last_losts: Vec<i64>,
    lease_release_at: Vec<Option<DateTime<Utc>>>,
    lease_release_by: Vec<Option<&'a str>>,
    lease_release_notes: Vec<Option<&'a str>>,
    due_at: Vec<Option<DateTime<Utc>>>,
    failure_codes: Vec<Option<&'a str>>,
    failure_messages: Vec<Option<&'a str>>,
    failure_retryable: Vec<Option<bool>>,
    cancel_requested_at: Vec<Option<DateTime<Utc>>>,
    started_at: Vec<Option<DateTime<Utc>>>,
    finished_at: Vec<Option<DateTime<Utc>>>,
    summaries: Vec<Option<&'a str>>,
    branches: Vec<Option<&'a str>>,
    commits: Vec<Option<&'a str>>,
    pull_request_urls: Vec<Option<&'a str>>,
    pull_request_numbers: Vec<Option<i64>>,
    files_changed: Vec<Option<i64>>,
    insertions: Vec<Option<i64>>,
    deletions: Vec<Option<i64>>,
    input_tokens: Vec<Option<i64>>,
    cached_input_tokens: Vec<Option<i64>>,
    output_tokens: Vec<Option<i64>>,
    positions: Vec<i64>,
    agents: Vec<Option<Value>>,
    controlled: Vec<bool>,
}

impl<'a> Columns<'a> {
    fn of(records: &[&'a RunRecord]) -> Self {
        let mut columns = Self::default();
        records.iter().for_each(|record| columns.push(record));
        columns
    }

    fn push(&mut self, record: &'a RunRecord) {
        let run = &record.run;
        self.ids.push(run.id.as_uuid());
        self.attempts.push(attempt_out(run.attempt));
        self.failures.push(int_out(run.failures));
        self.cancel_requested_at.push(run.cancel_requested_at);
        self.positions.push(position_out(run.position));
        self.last_leases.push(position_out(record.last_lease));
        self.last_losts.push(position_out(record.last_lost));
        self.started_at.push(record.started_at);
        self.finished_at.push(record.finished_at);
        self.agents.push(run.control.agent.as_ref().map(agent_out));
        self.controlled.push(control::is_kept(&run.control));
        self.push_state(&run.state);
        self.push_outcome(&record.outcome);
    }

    fn push_state(&mut self, state: &'a RunState) {
        let (stage, pause_kind, due_at) = match state {
            RunState::Running { stage, .. } => (*stage, None, None),
            RunState::Paused { stage, kind, .. } => (*stage, Some(*kind), None),
            RunState::RetryScheduled { due_at, .. } => (None, None, Some(*due_at)),
            _ => (None, None, None),
        };
        self.states.push(state.name().as_str());
        self.stages.push(stage.map(|stage| stage.as_str()));
        self.pause_kinds.push(pause_kind.map(|kind| kind.as_str()));
        self.due_at.push(due_at);
        let lease = state.lease();
        self.lease_workers.push(lease.map(|l| l.worker.as_str()));
        self.lease_positions
            .push(lease.map(|l| position_out(l.position)));
        self.lease_taken_at.push(lease.map(|l| l.taken_at));
        self.lease_last_seqs
            .push(lease.and_then(|l| l.last_seq).map(seq_out));
        let release = lease.and_then(|l| l.release.as_ref());
        self.lease_release_at.push(release.map(|wish| wish.at));
        self.lease_release_by
            .push(release.map(|wish| wish.by.as_str()));
        self.lease_release_notes
            .push(release.and_then(|wish| wish.note.as_deref()));
        let failure = state.failure();
        self.failure_codes.push(failure.map(|f| f.code.as_str()));
        self.failure_messages
            .push(failure.map(|f| f.message.as_str()));
        self.failure_retryable.push(failure.map(|f| f.retryable));
    }

    fn push_outcome(&mut self, outcome: &'a Outcome) {
        let usage = outcome.usage;
        let pull_request = outcome.pull_request.as_ref();
        self.pull_request_urls
            .push(pull_request.map(|request| request.url.as_str()));
        self.pull_request_numbers
            .push(pull_request.map(|request| bigint_out(request.number)));
        self.summaries.push(outcome.summary.as_deref());
        self.branches.push(outcome.branch.as_deref());
        self.commits.push(outcome.commit.as_deref());
        self.files_changed
            .push(outcome.files_changed.map(i64::from));
        self.insertions.push(outcome.insertions.map(i64::from));
        self.deletions.push(outcome.deletions.map(i64::from));
        self.input_tokens
            .push(usage.map(|u| bigint_out(u.input_tokens)));
        self.cached_input_tokens
            .push(usage.map(|u| bigint_out(u.cached_input_tokens)));
        self.output_tokens
            .push(usage.map(|u| bigint_out(u.output_tokens)));
    }
}
