//! The workers' beats: the latest of each, with the time of its arrival by this machine's own
//! clock that never goes back.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use baton_bus::Bus;
use baton_domain::{
    Activity, Attempt, DrainScope, RunId, WorkerId,
    activity::Patience,
    placement::{self, Candidate},
};
use baton_wire::{
    Beat,
    beat::HeldRun,
    http::{WorkerDrain, WorkerInfo, WorkerRun},
};
use futures::StreamExt as _;
use tokio_util::sync::CancellationToken;

mod watched;

use watched::Watched;

/// A worker that was silent for longer is not listed.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// How long to wait before listening again after the subscription was lost.
const PAUSE: Duration = Duration::from_secs(1);

/// What was heard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beats(Arc<Mutex<BTreeMap<WorkerId, Heard>>>);

#[derive(Debug)]
struct Heard {
    beat: Beat,
    at: Instant,
    runs: BTreeMap<(RunId, Attempt), Watched>,
}

/// What was heard of a held run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// How long ago its worker spoke of it.
    pub(crate) beat_age_ms: u64,
    /// How long it has said nothing new.
    pub(crate) quiet_for_ms: u64,
    /// In a word.
    pub(crate) activity: Activity,
}

impl Beats {
    /// Listens until it is told to stop.
    pub(crate) async fn run(self, bus: Bus, stop: CancellationToken) -> &'static str {
        while !stop.is_cancelled() {
            if let Err(error) = self.listen(&bus, &stop).await {
                tracing::warn!(%error, "failed to listen to beats");
            }
            stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
        }
        "listener to beats"
    }

    async fn listen(&self, bus: &Bus, stop: &CancellationToken) -> Result<(), baton_bus::BusError> {
        let mut beats = std::pin::pin!(bus.beats().await?);
        while let Some(Some(beat)) = stop.run_until_cancelled(beats.next()).await {
            self.note(beat, Instant::now());
        }
        Ok(())
    }

    fn note(&self, beat: Beat, at: Instant) {
        let mut heard = self.lock();
        heard.retain(|_, old| at.duration_since(old.at) <= FORGOTTEN);
        let before = heard.remove(&beat.worker);
        let before = before.map(|heard| heard.runs).unwrap_or_default();
        let watched = |held: &HeldRun| {
            let key = (held.run, held.attempt);
            (key, Watched::after(before.get(&key), held, at))
        };
        let runs = beat.runs.iter().map(watched).collect();
        heard.insert(beat.worker.clone(), Heard { beat, at, runs });
    }

    /// What was heard of an attempt from its holder; none if nothing was.
    pub(crate) fn of(&self, worker: &WorkerId, run: RunId, attempt: Attempt) -> Option<Evidence> {
        let heard = self.lock();
        let heard = heard.get(worker)?;
        let watched = heard.runs.get(&(run, attempt))?;
        Some(heard.evidence(watched, Instant::now()))
    }

    /// Who said last that it holds a run.
    pub(crate) fn holder(&self, run: RunId) -> Option<WorkerId> {
        let heard = self.lock();
        let holding = heard
            .values()
            .filter(|heard| heard.beat.runs.iter().any(|held| held.run == run));
        let latest = holding.max_by_key(|heard| heard.at)?;
        Some(latest.beat.worker.clone())
    }

    /// The workers heard of lately, by id.
    pub(crate) fn workers(&self) -> Vec<WorkerInfo> {
        self.lock()
            .values()
            .filter(|heard| heard.at.elapsed() <= FORGOTTEN)
            .map(Heard::info)
            .collect()
    }

    /// How many workers of a scope were heard lately, and how many runs they hold.
    pub(crate) fn in_scope(&self, scope: &DrainScope) -> (u32, u32) {
        let heard = self.lock();
        let lately = heard
            .values()
            .filter(|heard| heard.at.elapsed() <= FORGOTTEN);
        let concerned = lately.filter(|h| scope.concerns(&h.beat.worker, &h.beat.pools));
        concerned.fold((0, 0), |(workers, running), heard| {
            let runs = u32::try_from(heard.beat.runs.len()).unwrap_or(u32::MAX);
            (workers + 1, running.saturating_add(runs))
        })
    }

    /// The workers heard of lately, as an explanation sees them: what their tokens allow is not
    /// known here.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        let unheard = Patience::default().unheard;
        self.lock()
            .values()
            .filter(|heard| heard.at.elapsed() <= FORGOTTEN)
            .map(|heard| heard.candidate(unheard))
            .collect()
    }

    /// A panic elsewhere leaves a map that is still a map.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<WorkerId, Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn evidence(&self, watched: &Watched, now: Instant) -> Evidence {
        let silence = watched.silence(self.at, now);
        Evidence {
            beat_age_ms: millis(silence.beat),
            quiet_for_ms: millis(silence.words),
            // Whoever is silent may have let it go meanwhile.
            activity: match (Activity::of(&silence, &Patience::default()), watched.held) {
                (Activity::Unheard, _) => Activity::Unheard,
                (by_silence, held) => held.unwrap_or(by_silence),
            },
        }
    }

    fn held(&self, run: &HeldRun) -> WorkerRun {
        let watched = self.runs.get(&(run.run, run.attempt));
        let evidence = watched.map(|watched| self.evidence(watched, Instant::now()));
        WorkerRun {
            id: run.run.to_string(),
            attempt: run.attempt.get(),
            stage: run.stage.map(|stage| stage.to_string()),
            activity: evidence.map_or(Activity::Unheard, |e| e.activity),
            quiet_for_ms: evidence.map_or(0, |e| e.quiet_for_ms),
            output_bytes: run.progress.map(|progress| progress.output_bytes),
            cpu_ms: run.progress.map(|progress| progress.child_cpu_ms),
        }
    }

    fn candidate(&self, unheard: Duration) -> Candidate {
        let (beat, silent) = (&self.beat, self.at.elapsed());
        Candidate {
            worker: beat.worker.clone(),
            heard: if silent <= unheard {
                placement::Heard::Lately
            } else {
                placement::Heard::Before(silent.as_secs())
            },
            draining: beat.draining,
            permitted: Vec::new(),
            pools: beat.pools.clone(),
            run_types: beat.run_types.clone(),
            capabilities: beat.capabilities.clone(),
            slots: beat.slots,
            free: free_slots(beat),
        }
    }

    fn info(&self) -> WorkerInfo {
        let beat = &self.beat;
        WorkerInfo {
            id: beat.worker.to_string(),
            hostname: beat.hostname.clone(),
            version: beat.version.clone(),
            started_at: beat.started_at,
            beat_age_ms: millis(self.at.elapsed()),
            slots: beat.slots,
            free_slots: free_slots(beat),
            pools: beat.pools.iter().map(ToString::to_string).collect(),
            run_types: beat.run_types.iter().map(ToString::to_string).collect(),
            capabilities: beat.capabilities.iter().map(ToString::to_string).collect(),
            draining: beat.draining,
            drain: beat.drain.as_ref().map(|drain| WorkerDrain {
                scope: drain.scope.to_string(),
                note: drain.note.clone(),
                until: drain.until,
            }),
            runs: beat.runs.iter().map(|run| self.held(run)).collect(),
        }
    }
}

/// Slots that are free. A worker that does not say is an older one, whose runs take one each.
fn free_slots(beat: &Beat) -> u32 {
    let held = u32::try_from(beat.runs.len()).unwrap_or(u32::MAX);
    let free = beat.free_slots;
    free.unwrap_or_else(|| beat.slots.saturating_sub(held))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
