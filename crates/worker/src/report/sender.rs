//! Sending the spool: one message at a time, so that the stream's order is the events' order.

use std::{io, time::Duration};

use baton_bus::{Bus, Fence, Patience, PublishError};
use baton_domain::{Attempt, RunId, WorkerId};
use baton_wire::{EventsMessage, MessageId, Subject};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{
    reporter::Reporter,
    spool::{Batch, Spool},
};

/// How long the sender waits when the broker has no room.
const FULL_PAUSE: Duration = Duration::from_secs(1);

/// Under which lease an attempt speaks.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) bus: Bus,
    pub(crate) run: RunId,
    pub(crate) attempt: Attempt,
    pub(crate) worker: WorkerId,
    /// What must be true at the broker for the attempt to be heard.
    pub(crate) fence: Fence,
    /// Ends the waiting for a broker that is away.
    pub(crate) give_up: CancellationToken,
}

/// Why sending ended before everything was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendEnd {
    #[error("the lease is no longer held")]
    Fenced,
    #[error("the broker was away until the worker left")]
    GivenUp,
    #[error("the broker refused a report: {0}")]
    Refused(String),
    #[error("the spool cannot be read: {0}")]
    Spool(#[from] io::Error),
}

/// Sends what is in the spool, and returns when there is no more.
pub(crate) async fn send_all(out: &Outgoing, spool: &mut Spool) -> Result<(), SendEnd> {
    while let Some(batch) = spool.next()? {
        send(out, &batch).await?;
        spool.acked(&batch)?;
    }
    Ok(())
}

/// Sends what is said for as long as it is allowed to.
pub(crate) async fn send_while_said(
    out: &Outgoing,
    spool: &mut Spool,
    reporter: &Reporter,
) -> SendEnd {
    let mut progress = reporter.progress();
    loop {
        match spool.next() {
            Ok(Some(batch)) => {
                if let Err(end) = send(out, &batch).await {
                    return end;
                }
                if let Err(error) = spool.acked(&batch) {
                    return error.into();
                }
                if let Some(last) = batch.events.last() {
                    reporter.acked(last.seq, batch.bytes);
                }
            }
            Ok(None) => {
                // The sender of `progress` lives in `reporter`.
                let _ = progress.wait_for(|p| p.said > p.acked).await;
            }
            Err(error) => return error.into(),
        }
    }
}

async fn send(out: &Outgoing, batch: &Batch) -> Result<(), SendEnd> {
    let Some(first) = batch.events.first() else {
        return Ok(());
    };
    let subject = Subject::Events {
        run: out.run,
        worker: out.worker.clone(),
    };
    let id = MessageId::events(out.run, out.attempt, first.seq);
    let message = EventsMessage {
        run: out.run,
        attempt: out.attempt,
        events: batch.events.clone(),
    };
    let patience = Patience::Until(out.give_up.clone());
    loop {
        match out
            .bus
            .publish(&subject, &id, &message, out.fence, &patience)
            .await
        {
            Ok(_) => return Ok(()),
            Err(PublishError::Fenced) => return Err(SendEnd::Fenced),
            Err(PublishError::Full | PublishError::Unavailable(_)) => {
                tokio::select! {
                    () = out.give_up.cancelled() => return Err(SendEnd::GivenUp),
                    () = sleep(FULL_PAUSE) => {}
                }
            }
            Err(error) => return Err(SendEnd::Refused(error.to_string())),
        }
    }
}
