//! Runs as the API shows them: made of rows, or of an offer that no row tells of yet.

mod control;
mod record;
mod session;

use baton_domain::{
    Activity, Attempt, EventSeq, Failure, Lease, Position, Run, RunSpec, RunState, StateName,
};
use baton_store::{Outcome, StoredArtifact, StoredEvent, StoredRun};
use baton_wire::{
    Offer,
    http::{
        ArtifactInfo, EventRecord, LeaseInfo, PullRequestInfo, RunControl, RunError, RunResult,
        TaskRun, UsageInfo,
    },
};

use chrono::{DateTime, Utc};

pub(crate) use control::{help, message};
pub(crate) use record::{control, input};
pub(crate) use session::live_session;

use crate::{
    beats::Beats,
    problem::{Answer, Problem},
};

/// A run just offered: queued, and nothing more.
pub(crate) fn offered(offer: Offer, spec: &RunSpec, position: Position) -> TaskRun {
    TaskRun {
        id: offer.run,
        state: StateName::Queued,
        run_type: spec.work.run_type(),
        title: offer.spec.display_title(),
        slots: spec.slots.get(),
        submitted_by: offer.submitted_by,
        submitted_at: offer.submitted_at,
        started_at: None,
        finished_at: None,
        attempt: offer.attempt.get(),
        failures: 0,
        max_attempts: spec.retry.max_attempts,
        stage: None,
        lease: None,
        due_at: None,
        cancel_requested_at: None,
        result: None,
        error: None,
        request: offer.spec,
        live_session: None,
        control: RunControl::default(),
        position: position.get(),
    }
}

/// A run as recorded, its lease with the evidence that was heard.
pub(crate) fn stored(stored: StoredRun, beats: &Beats, now: DateTime<Utc>) -> Answer<TaskRun> {
    let StoredRun { submission, record } = stored;
    let run = record.run;
    let request = serde_json::from_value(submission.request)
        .map_err(|error| Problem::internal(&format!("the request of run {}: {error}", run.id)))?;
    let (stage, due_at) = match &run.state {
        RunState::Running { stage, .. } | RunState::Paused { stage, .. } => (*stage, None),
        RunState::RetryScheduled { due_at, .. } => (None, Some(*due_at)),
        _ => (None, None),
    };
    Ok(TaskRun {
        id: run.id,
        state: run.state.name(),
        run_type: submission.run_type,
        title: submission.title,
        slots: submission.slots.get(),
        submitted_by: submission.submitted_by,
        submitted_at: submission.submitted_at,
        started_at: record.started_at,
        finished_at: record.finished_at,
        attempt: run.attempt.get(),
        failures: run.failures,
        max_attempts: run.retry.max_attempts,
        stage,
        lease: run.state.lease().map(|held| lease(&run, held, beats)),
        due_at,
        cancel_requested_at: run.cancel_requested_at,
        result: result(record.outcome),
        error: run.state.failure().map(error),
        request,
        live_session: session::summary(&run.session, now),
        control: control::run_control(&run, now),
        position: run.position.get(),
    })
}

/// What came of a run; nothing until something did.
fn result(outcome: Outcome) -> Option<RunResult> {
    if outcome == Outcome::default() {
        return None;
    }
    Some(RunResult {
        summary: outcome.summary,
        branch: outcome.branch,
        commit: outcome.commit,
        pull_request: outcome.pull_request.map(|request| PullRequestInfo {
            url: request.url,
            number: request.number,
        }),
        files_changed: outcome.files_changed,
        insertions: outcome.insertions,
        deletions: outcome.deletions,
        usage: outcome.usage.map(|usage| UsageInfo {
            input_tokens: usage.input_tokens,
            cached_input_tokens: usage.cached_input_tokens,
            output_tokens: usage.output_tokens,
        }),
    })
}

fn lease(run: &Run, lease: &Lease, beats: &Beats) -> LeaseInfo {
    let heard = beats.of(&lease.worker, run.id, lease.attempt);
    LeaseInfo {
        attempt: lease.attempt.get(),
        worker: lease.worker.clone(),
        position: lease.position.get(),
        taken_at: lease.taken_at,
        beat_age_ms: heard.map(|heard| heard.beat_age_ms),
        activity: heard.map_or(Activity::Unheard, |heard| heard.activity),
        quiet_for_ms: heard.map(|heard| heard.quiet_for_ms),
        release_requested_at: lease.release.as_ref().map(|wish| wish.at),
    }
}

fn error(failure: &Failure) -> RunError {
    RunError {
        code: failure.code.as_str().to_owned(),
        message: failure.message.clone(),
        retryable: failure.retryable,
    }
}

/// An event as recorded.
pub(crate) fn event(stored: StoredEvent) -> EventRecord {
    EventRecord {
        position: stored.position.get(),
        index: stored.index,
        run_id: stored.run,
        attempt: stored.attempt.map(Attempt::get),
        seq: stored.seq.map(EventSeq::get),
        source: stored.source,
        kind: stored.kind,
        at: stored.at,
        effective: Some(stored.refusal.is_none()),
        refusal: stored.refusal,
        data: stored.data,
    }
}

/// A file as recorded.
pub(crate) fn artifact(stored: StoredArtifact) -> ArtifactInfo {
    ArtifactInfo {
        name: stored.name,
        attempt: stored.attempt.get(),
        size: stored.size,
        sha256: stored.sha256,
        content_type: stored.content_type,
        stored_at: Some(stored.stored_at),
    }
}
