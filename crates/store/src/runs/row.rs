//! A row of `task_runs`, and the run that it tells of.

use std::sync::Arc;

use baton_domain::{
    Actor, Failure, Lease, Pool, Position, ReleaseWish, RetryPolicy, Route, Run, RunId, RunState,
    Slots, Stage, StateName, run::control::Control,
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{IdempotencyKey, Outcome, RunRecord, StoredPullRequest, StoredRun, Submission, Usage};
use crate::{
    control,
    error::{InvalidRow, Place},
    sessions,
};

/// `SELECT` of whole runs; what follows is the statement from `WHERE` on, and its arguments.
macro_rules! select_runs {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        crate::runs::row::select_runs_with!("request", $rest $(, $argument)*)
    };
}
pub(super) use select_runs;

/// The same with an expression in the place of the request, which can be long.
macro_rules! select_runs_with {
    ($request:tt, $rest:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            crate::runs::row::RunRow,
            "SELECT id, run_type, title, pool, repository, priority, submitted_by, submitted_at,
                submitted_position, idempotency_key, request_digest, " + $request + ", max_attempts,
                retry_first_delay_seconds, retry_max_delay_seconds, slots, route, state, attempt, failures,
                stage, pause_kind, lease_worker, lease_position, lease_taken_at, lease_last_seq,
                lease_release_at, lease_release_by, lease_release_note,
                last_lease_position, last_lost_position, due_at, failure_code, failure_message, failure_retryable,
                cancel_requested_at, started_at, finished_at, result_summary, result_branch,
                result_commit, result_pull_request_url, result_pull_request_number, result_files_changed, result_insertions, result_deletions,
                usage_input_tokens, usage_cached_input_tokens, usage_output_tokens, position,
                (SELECT to_jsonb(s) FROM task_run_live_sessions AS s WHERE s.run_id = task_runs.id) AS session,
                agent,
                CASE WHEN controlled THEN (
                    SELECT jsonb_build_object(
                        'control', to_jsonb(c),
                        'messages', (
                            SELECT jsonb_agg(to_jsonb(m) - 'text' ORDER BY m.position)
                            FROM task_run_messages AS m WHERE m.run_id = c.run_id AND NOT m.settled
                        ),
                        'help', (
                            SELECT jsonb_agg(
                                to_jsonb(h) - '{question,detail,options}'::text[] ORDER BY h.position, h.index
                            )
                            FROM task_run_help_requests AS h WHERE h.run_id = c.run_id AND h.state = 'open'
                        )
                    )
                    FROM task_run_control AS c WHERE c.run_id = task_runs.id
                ) END AS control
             FROM task_runs " + $rest
            $(, $argument)*
        )
    };
}
pub(super) use select_runs_with;

pub(crate) struct RunRow {
    pub(super) id: Uuid,
    pub(super) run_type: String,
    pub(super) title: String,
    pub(super) pool: String,
    pub(super) repository: Option<String>,
    pub(super) priority: String,
    pub(super) submitted_by: String,
    pub(super) submitted_at: DateTime<Utc>,
    pub(super) submitted_position: i64,
    pub(super) idempotency_key: Option<String>,
    pub(super) request_digest: Option<String>,
    pub(super) request: Value,
    pub(super) max_attempts: i32,
    pub(super) retry_first_delay_seconds: i32,
    pub(super) retry_max_delay_seconds: i32,
    pub(super) slots: i16,
    pub(super) route: String,
    pub(super) state: String,
    pub(super) attempt: i32,
    pub(super) failures: i32,
    pub(super) stage: Option<String>,
    pub(super) pause_kind: Option<String>,
    pub(super) lease_worker: Option<String>,
    pub(super) lease_position: Option<i64>,
    pub(super) lease_taken_at: Option<DateTime<Utc>>,
    pub(super) lease_last_seq: Option<i32>,
    pub(super) lease_release_at: Option<DateTime<Utc>>,
    pub(super) lease_release_by: Option<String>,
    pub(super) lease_release_note: Option<String>,
    pub(super) last_lease_position: i64,
    pub(super) last_lost_position: i64,
    pub(super) due_at: Option<DateTime<Utc>>,
    pub(super) failure_code: Option<String>,
    pub(super) failure_message: Option<String>,
    pub(super) failure_retryable: Option<bool>,
    pub(super) cancel_requested_at: Option<DateTime<Utc>>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) finished_at: Option<DateTime<Utc>>,
    pub(super) result_summary: Option<String>,
    pub(super) result_branch: Option<String>,
    pub(super) result_commit: Option<String>,
    pub(super) result_pull_request_url: Option<String>,
    pub(super) result_pull_request_number: Option<i64>,
    pub(super) result_files_changed: Option<i64>,
    pub(super) result_insertions: Option<i64>,
    pub(super) result_deletions: Option<i64>,
    pub(super) usage_input_tokens: Option<i64>,
    pub(super) usage_cached_input_tokens: Option<i64>,
    pub(super) usage_output_tokens: Option<i64>,
    pub(super) position: i64,
    pub(super) session: Option<Value>,
    pub(super) agent: Option<Value>,
    pub(super) control: Option<Value>,
}

impl TryFrom<RunRow> for StoredRun {
    type Error = InvalidRow;

    fn try_from(row: RunRow) -> Result<Self, InvalidRow> {
        let id = row.id;
        let place = Place {
            table: "task_runs",
            key: &id,
        };
        Ok(Self {
            record: row.record(&place)?,
            submission: row.submission(&place)?,
        })
    }
}

type At<'a> = Place<'a, Uuid>;

impl RunRow {
    fn record(&self, at: &At<'_>) -> Result<RunRecord, InvalidRow> {
        Ok(RunRecord {
            run: self.run(at)?,
            last_lease: at.position("last_lease_position", self.last_lease_position)?,
            last_lost: at.position("last_lost_position", self.last_lost_position)?,
            started_at: self.started_at,
            finished_at: self.finished_at,
            outcome: self.outcome(at)?,
        })
    }

    fn run(&self, at: &At<'_>) -> Result<Run, InvalidRow> {
        Ok(Run {
            id: RunId::from_uuid(self.id),
            retry: self.retry(at)?,
            attempt: at.attempt("attempt", self.attempt)?,
            failures: at.small_count("failures", self.failures.into())?,
            cancel_requested_at: self.cancel_requested_at,
            state: self.state(at)?,
            session: sessions::session(RunId::from_uuid(self.id), self.session.clone())?,
            control: Arc::new(self.control(at)?),
            position: at.position("position", self.position)?,
        })
    }

    fn control(&self, at: &At<'_>) -> Result<Control, InvalidRow> {
        let agent = self.agent.clone().map(|agent| control::agent(at, agent));
        let run = RunId::from_uuid(self.id);
        control::control(run, agent.transpose()?, self.control.clone())
    }

    fn retry(&self, at: &At<'_>) -> Result<RetryPolicy, InvalidRow> {
        let first = self.retry_first_delay_seconds.into();
        let max = self.retry_max_delay_seconds.into();
        Ok(RetryPolicy {
            max_attempts: at.small_count("max_attempts", self.max_attempts.into())?,
            first_delay_seconds: at.small_count("retry_first_delay_seconds", first)?,
            max_delay_seconds: at.small_count("retry_max_delay_seconds", max)?,
        })
    }

    fn state(&self, at: &At<'_>) -> Result<RunState, InvalidRow> {
        let name: StateName = at.fit("state", self.state.parse())?;
        Ok(match name {
            StateName::Queued => RunState::Queued,
            StateName::Running => RunState::Running {
                lease: self.lease(at)?,
                stage: self.stage(at)?,
            },
            StateName::Paused => RunState::Paused {
                lease: self.lease(at)?,
                stage: self.stage(at)?,
                kind: {
                    let kind = at.known("pause_kind", self.pause_kind.as_deref())?;
                    at.fit("pause_kind", kind.parse())?
                },
            },
            StateName::RetryScheduled => RunState::RetryScheduled {
                due_at: at.known("due_at", self.due_at)?,
                cause: self.failure(at)?,
            },
            StateName::Succeeded => RunState::Succeeded,
            StateName::Failed => RunState::Failed(at.known("failure_code", self.failure(at)?)?),
            StateName::Cancelled => RunState::Cancelled,
            StateName::DeadLettered => {
                RunState::DeadLettered(at.known("failure_code", self.failure(at)?)?)
            }
        })
    }

    fn lease(&self, at: &At<'_>) -> Result<Lease, InvalidRow> {
        let worker = at.known("lease_worker", self.lease_worker.as_deref())?;
        let position = at.known("lease_position", self.lease_position)?;
        let last_seq = self.lease_last_seq.map(|n| at.seq("lease_last_seq", n));
        Ok(Lease {
            // No attempt is offered while another is held.
            attempt: at.attempt("attempt", self.attempt)?,
            worker: at.fit("lease_worker", worker.parse())?,
            position: at.position("lease_position", position)?,
            taken_at: at.known("lease_taken_at", self.lease_taken_at)?,
            last_seq: last_seq.transpose()?,
            release: release(
                at,
                self.lease_release_at,
                self.lease_release_by.as_ref(),
                self.lease_release_note.as_ref(),
            )?,
        })
    }

    fn stage(&self, at: &At<'_>) -> Result<Option<Stage>, InvalidRow> {
        let stage = self.stage.as_deref().map(str::parse).transpose();
        at.fit("stage", stage)
    }

    fn failure(&self, at: &At<'_>) -> Result<Option<Failure>, InvalidRow> {
        let Some(code) = &self.failure_code else {
            return Ok(None);
        };
        Ok(Some(Failure {
            code: at.fit("failure_code", code.parse())?,
            message: at.known("failure_message", self.failure_message.clone())?,
            retryable: at.known("failure_retryable", self.failure_retryable)?,
        }))
    }

    fn outcome(&self, at: &At<'_>) -> Result<Outcome, InvalidRow> {
        let small = |column, n: Option<i64>| n.map(|n| at.small_count(column, n)).transpose();
        Ok(Outcome {
            summary: self.result_summary.clone(),
            branch: self.result_branch.clone(),
            commit: self.result_commit.clone(),
            pull_request: self.pull_request(at)?,
            files_changed: small("result_files_changed", self.result_files_changed)?,
            insertions: small("result_insertions", self.result_insertions)?,
            deletions: small("result_deletions", self.result_deletions)?,
            usage: self.usage(at)?,
        })
    }

    fn pull_request(&self, at: &At<'_>) -> Result<Option<StoredPullRequest>, InvalidRow> {
        let Some(url) = &self.result_pull_request_url else {
            return Ok(None);
        };
        let column = "result_pull_request_number";
        Ok(Some(StoredPullRequest {
            url: url.clone(),
            number: at.count(column, at.known(column, self.result_pull_request_number)?)?,
        }))
    }

    fn usage(&self, at: &At<'_>) -> Result<Option<Usage>, InvalidRow> {
        let Some(input) = self.usage_input_tokens else {
            return Ok(None);
        };
        let count = |column, n: Option<i64>| at.count(column, at.known(column, n)?);
        Ok(Some(Usage {
            input_tokens: at.count("usage_input_tokens", input)?,
            cached_input_tokens: count(
                "usage_cached_input_tokens",
                self.usage_cached_input_tokens,
            )?,
            output_tokens: count("usage_output_tokens", self.usage_output_tokens)?,
        }))
    }

    fn submission(self, at: &At<'_>) -> Result<Submission, InvalidRow> {
        let pool: Pool = at.fit("pool", self.pool.parse())?;
        let submitted_by = at.fit("submitted_by", Actor::try_from(self.submitted_by))?;
        let position: Position = at.position("submitted_position", self.submitted_position)?;
        let slots = at.small_count("slots", self.slots.into())?;
        let slots = at.fit("slots", Slots::new(slots))?;
        let run_type = at.fit("run_type", self.run_type.parse())?;
        let route = if self.route.is_empty() {
            // Kept by an older recorder.
            Route {
                pool: pool.clone(),
                run_type,
                slots,
                capabilities: [].into(),
            }
        } else {
            at.fit("route", self.route.parse())?
        };
        let idempotency = self.idempotency_key.zip(self.request_digest);
        Ok(Submission {
            run_type,
            title: self.title,
            pool,
            repository: self.repository,
            slots,
            route,
            priority: at.fit("priority", self.priority.parse())?,
            submitted_by,
            submitted_at: self.submitted_at,
            position,
            idempotency: idempotency.map(|(key, request_digest)| IdempotencyKey {
                key,
                request_digest,
            }),
            request: self.request,
        })
    }
}

/// The wish that a lease be taken away, if there is one.
pub(super) fn release(
    place: &Place<'_, Uuid>,
    at: Option<DateTime<Utc>>,
    by: Option<&String>,
    note: Option<&String>,
) -> Result<Option<ReleaseWish>, InvalidRow> {
    let Some((at, by)) = at.zip(by) else {
        return Ok(None);
    };
    Ok(Some(ReleaseWish {
        at,
        by: place.fit("lease_release_by", Actor::try_from(by.clone()))?,
        note: note.cloned(),
    }))
}

/// Rows as runs.
pub(super) fn runs(rows: Vec<RunRow>) -> Result<Vec<StoredRun>, InvalidRow> {
    rows.into_iter().map(StoredRun::try_from).collect()
}
