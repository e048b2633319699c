//! The two things that a supervisor says: a lease is lost, a run is offered again.

use std::time::Duration;

use baton_bus::{BusError, Fence, Patience, PublishError};
use baton_domain::{Attempt, Position, Route, RunSpec, WorkerId};
use baton_store::{StoredRun, messages};
use baton_wire::{
    Filter, LeaseMessage, LeaseStep, MessageId, Offer, OfferReason, Subject, TaskRunRequest,
};

use crate::{
    SupervisorDeps,
    core::{LiveLease, Why},
};

/// Takes a lease away from its holder, unless the lease has moved meanwhile.
pub(crate) async fn lease_lost(
    deps: &SupervisorDeps,
    lease: &LiveLease,
    why: &Why,
    silence: Duration,
) -> Result<(), PublishError> {
    let by = WorkerId::supervisor();
    let message = LeaseMessage {
        run: lease.run,
        attempt: lease.attempt,
        worker: lease.worker.clone(),
        step: LeaseStep::Lost,
        at: deps.clock.now(),
        reason: Some(reason(why, silence)),
    };
    let subject = Subject::Lease {
        run: lease.run,
        worker: by.clone(),
    };
    let id = MessageId::lease(
        lease.run,
        lease.attempt,
        LeaseStep::Lost.as_str(),
        by.as_str(),
    );
    let fence = last_word(deps, lease).await?;
    deps.bus
        .publish(&subject, &id, &message, fence, &Patience::Short)
        .await?;
    tracing::warn!(run = %lease.run, attempt = %lease.attempt, worker = %lease.worker, reason = message.reason, "lease lost");
    Ok(())
}

/// What a lease that is to be taken away is fenced by: the last word about it. Any worker can speak
/// on its own subject of any run; only the holder and the supervisor do so with an effect, and
/// nobody else may keep a dead holder's lease alive by talking.
async fn last_word(deps: &SupervisorDeps, lease: &LiveLease) -> Result<Fence, PublishError> {
    let last = deps.bus.get_last(&Filter::Leases(lease.run)).await;
    let Some(last) = last.map_err(unavailable)? else {
        return Err(PublishError::Fenced);
    };
    let position = last.position;
    if position != lease.position {
        let by = match last.subject.parse() {
            Ok(Subject::Lease { worker, .. }) => worker,
            _ => return Err(PublishError::Fenced),
        };
        if position < lease.position || by.is_supervisor() || by == lease.worker {
            return Err(PublishError::Fenced);
        }
        tracing::warn!(run = %lease.run, %by, "a worker spoke of a lease that is not its own");
    }
    Ok(Fence::Expect { position })
}

/// The reason as it is on record: what nobody heard, or who took the lease away and why.
fn reason(why: &Why, silence: Duration) -> String {
    match why {
        Why::Silent => format!("not heard of for {} s", silence.as_secs()),
        Why::Wished(wish) => match &wish.note {
            Some(note) => format!("released by {}: {note}", wish.by),
            None => format!("released by {}", wish.by),
        },
    }
}

/// Offers a run's next attempt, unless its lease has moved meanwhile.
pub(crate) async fn offer(
    deps: &SupervisorDeps,
    stored: &StoredRun,
    attempt: Attempt,
) -> Result<(), PublishError> {
    let id = MessageId::offer(stored.id(), attempt);
    put_forward(deps, stored, attempt, &id).await?;
    tracing::info!(run = %stored.id(), %attempt, "offered again");
    Ok(())
}

/// Offers the attempt that a run is queued for once more, since the offer at `earlier` comes to
/// nobody any more.
pub(crate) async fn offer_again(
    deps: &SupervisorDeps,
    stored: &StoredRun,
    earlier: Position,
) -> Result<(), PublishError> {
    let attempt = stored.record.run.attempt;
    let id = MessageId::offer_again(stored.id(), attempt, earlier);
    put_forward(deps, stored, attempt, &id).await?;
    tracing::warn!(run = %stored.id(), %attempt, "offered once more: nobody could take its offer");
    Ok(())
}

async fn put_forward(
    deps: &SupervisorDeps,
    stored: &StoredRun,
    attempt: Attempt,
    id: &MessageId,
) -> Result<(), PublishError> {
    let (request, route) = request(stored)?;
    let run = stored.id();
    deps.bus.ensure_queue(&route).await.map_err(unavailable)?;
    let subject = Subject::Offer {
        run,
        route,
        priority: stored.submission.priority,
    };
    // The tables reach past the end of the attempt before: all that its agent said is in them.
    let seen = messages::seen(&deps.store, run, Offer::MAX_SEEN).await;
    let seen = seen.map_err(|error| PublishError::Unavailable(error.to_string()))?;
    let key = stored.submission.idempotency.as_ref();
    let message = Offer {
        run,
        attempt,
        lease_position: stored.record.last_lease,
        lost_position: Some(stored.record.last_lost),
        reason: OfferReason::Retry,
        at: deps.clock.now(),
        submitted_at: stored.submission.submitted_at,
        submitted_by: stored.submission.submitted_by.clone(),
        idempotency_key: key.map(|key| key.key.clone()),
        request_digest: key.map(|key| key.request_digest.clone()),
        seen_messages: seen,
        spec: request,
    };
    let fence = Fence::Expect {
        position: stored.record.last_lease,
    };
    deps.bus
        .publish(&subject, id, &message, fence, &Patience::Short)
        .await?;
    Ok(())
}

/// The request as it was submitted, and the queue that it belongs to.
pub(crate) fn request(stored: &StoredRun) -> Result<(TaskRunRequest, Route), PublishError> {
    let refuse = |why: String| PublishError::Refused(format!("its recorded request: {why}"));
    let request: TaskRunRequest = serde_json::from_value(stored.submission.request.clone())
        .map_err(|error| refuse(error.to_string()))?;
    let spec = RunSpec::try_from(&request).map_err(|error| refuse(error.to_string()))?;
    let route = spec.route();
    Ok((request, route))
}

fn unavailable(error: BusError) -> PublishError {
    PublishError::Unavailable(error.to_string())
}
