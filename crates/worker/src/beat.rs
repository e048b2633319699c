//! The worker's sign of life.

use baton_bus::Bus;
use baton_domain::{Attempt, Drain, Position, RunId, SessionStatus};
use baton_wire::{
    Beat,
    beat::{DrainedBy, HeldProgress, HeldRun, HeldStill},
};
use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::{control::Posture, options::WorkerOptions, report::Progress, usage::AgentUsage};

/// A run that the worker holds, as far as its beats are concerned.
#[derive(Debug)]
pub(crate) struct Alive {
    pub(crate) run: RunId,
    pub(crate) attempt: Attempt,
    pub(crate) lease: Position,
    pub(crate) progress: watch::Receiver<Progress>,
    pub(crate) usage: watch::Receiver<AgentUsage>,
    pub(crate) session: watch::Receiver<Option<SessionStatus>>,
    pub(crate) posture: watch::Receiver<Posture>,
}

impl Alive {
    fn held(&self, at: DateTime<Utc>) -> HeldRun {
        let progress = *self.progress.borrow();
        let usage = *self.usage.borrow();
        let posture = *self.posture.borrow();
        HeldRun {
            run: self.run,
            attempt: self.attempt,
            lease_position: self.lease,
            stage: progress.stage,
            last_seq: progress.acked,
            session: *self.session.borrow(),
            held: posture.still.map(|still| HeldStill {
                kind: still.kind,
                since: at - still.since.elapsed(),
                cause: Some(still.cause),
            }),
            asking: posture.asking,
            progress: Some(HeldProgress {
                output_bytes: usage.output_bytes,
                child_cpu_ms: u64::try_from(usage.cpu.as_millis()).unwrap_or(u64::MAX),
                last_step_at: progress.step_at,
            }),
        }
    }
}

/// Who beats, and since when.
#[derive(Debug)]
pub(crate) struct Heart {
    pub(crate) bus: Bus,
    pub(crate) options: WorkerOptions,
    pub(crate) started_at: DateTime<Utc>,
}

/// Whether the worker takes more, as its beats say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taking {
    More,
    NoMore,
}

impl Heart {
    /// Says that the worker lives, and what it holds.
    pub(crate) async fn beat<'a>(
        &self,
        at: DateTime<Utc>,
        taking: Taking,
        free: u32,
        drain: Option<&Drain>,
        held: impl Iterator<Item = &'a Alive>,
    ) {
        let options = &self.options;
        let beat = Beat {
            worker: options.worker.clone(),
            hostname: options.hostname.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            at,
            slots: options.slots.get(),
            free_slots: Some(free),
            pools: options.pools.clone(),
            run_types: options.run_types.clone(),
            capabilities: options.capabilities.clone(),
            draining: taking == Taking::NoMore,
            drain: drain.map(|drain| DrainedBy {
                scope: drain.scope.clone(),
                note: drain.note.clone(),
                until: drain.until,
            }),
            runs: held.map(|alive| alive.held(at)).collect(),
        };
        if let Err(error) = self.bus.beat(&beat).await {
            // The next one comes soon; the connection's own loss is logged by the bus.
            tracing::debug!(%error, "failed to beat");
        }
    }
}
