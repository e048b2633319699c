//! The timers: which holder is dead, which offer is due. Pure: inputs in, effects out.
//!
//! Time is a [`Duration`] since some fixed moment on the supervisor's own monotonic clock; no wall
//! clock of any other machine is compared with it. A lease's timer starts when the lease is first
//! seen, and all timers start afresh whenever this supervisor could have missed a beat: it has just
//! taken over, the broker or the database was away, or it did not get to run.

use std::{collections::BTreeMap, time::Duration};

use baton_domain::{Attempt, Position, ReleaseWish, RunId, WorkerId};

#[cfg(test)]
mod lives;
#[cfg(test)]
mod tests;

/// A lease that somebody holds, as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveLease {
    /// The run.
    pub(crate) run: RunId,
    /// The attempt held.
    pub(crate) attempt: Attempt,
    /// Where the broker keeps the lease.
    pub(crate) position: Position,
    /// The holder.
    pub(crate) worker: WorkerId,
}

/// A lease as the store has it, and whether an operator wants it taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// The lease.
    pub(crate) lease: LiveLease,
    /// The wish.
    pub(crate) release: Option<ReleaseWish>,
}

/// Why a lease is declared lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its holder was not heard of for the length of a lease.
    Silent,
    /// An operator wants it taken away.
    Wished(ReleaseWish),
}

/// What is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The lease is to be declared lost.
    DeclareLost(LiveLease, Why),
    /// The run is due: the attempt is to be offered.
    Offer {
        /// The run.
        run: RunId,
        /// The attempt to offer.
        attempt: Attempt,
    },
}

/// How long the timers wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Periods {
    /// Silence after which a holder counts as dead.
    pub(crate) lease: Duration,
    /// A pause between two ticks after which this supervisor counts as having been deaf.
    pub(crate) deaf: Duration,
    /// How long a published effect may take to show in the store before it is published again.
    pub(crate) repeat: Duration,
}

/// Every timer of the fleet.
#[derive(Debug)]
pub(crate) struct Timers {
    periods: Periods,
    /// Since when everything has been heard; `None` while the broker is away.
    hearing_since: Option<Duration>,
    last_tick: Option<Duration>,
    leases: BTreeMap<RunId, Watched>,
    due: BTreeMap<RunId, Due>,
}

#[derive(Debug)]
struct Watched {
    lease: LiveLease,
    release: Option<ReleaseWish>,
    heard_at: Duration,
    declared_at: Option<Duration>,
}

#[derive(Debug)]
struct Due {
    attempt: Attempt,
    offered_at: Option<Duration>,
}

impl Timers {
    /// No timers, and the broker away.
    #[must_use]
    pub(crate) const fn new(periods: Periods) -> Self {
        Self {
            periods,
            hearing_since: None,
            last_tick: None,
            leases: BTreeMap::new(),
            due: BTreeMap::new(),
        }
    }

    /// The broker can be heard (again). Beats sent while it was away are lost, so all timers
    /// start afresh.
    pub(crate) fn connected(&mut self, now: Duration) {
        self.hearing_since = Some(now);
    }

    /// The broker cannot be heard: nothing is decided until it is back.
    pub(crate) const fn disconnected(&mut self) {
        self.hearing_since = None;
    }

    /// The store cannot be read: what it said may be long over, so it is forgotten.
    pub(crate) fn forget(&mut self) {
        self.leases.clear();
        self.due.clear();
    }

    /// The store's leases, all of them. The same answer twice changes nothing.
    pub(crate) fn leases(&mut self, now: Duration, live: impl IntoIterator<Item = Known>) {
        let mut before = std::mem::take(&mut self.leases);
        for known in live {
            let watched = before
                .remove(&known.lease.run)
                .filter(|watched| watched.lease == known.lease)
                .unwrap_or_else(|| Watched::new(known.lease, now));
            let watched = Watched {
                release: known.release,
                ..watched
            };
            self.leases.insert(watched.lease.run, watched);
        }
    }

    /// The store's runs whose next attempt is due, all of them.
    pub(crate) fn due(&mut self, runs: impl IntoIterator<Item = (RunId, Attempt)>) {
        let mut before = std::mem::take(&mut self.due);
        for (run, attempt) in runs {
            let due = before
                .remove(&run)
                .filter(|due| due.attempt == attempt)
                .unwrap_or(Due {
                    attempt,
                    offered_at: None,
                });
            self.due.insert(run, due);
        }
    }

    /// A worker spoke of a run that it holds. Only the very lease that it names is renewed.
    pub(crate) fn beat(&mut self, now: Duration, held: &LiveLease) {
        if let Some(watched) = self.leases.get_mut(&held.run)
            && watched.lease == *held
        {
            watched.heard_at = watched.heard_at.max(now);
        }
    }

    /// What is to be published now.
    pub(crate) fn tick(&mut self, now: Duration) -> Vec<Effect> {
        let slept = self
            .last_tick
            .replace(now)
            .is_some_and(|last| now.saturating_sub(last) > self.periods.deaf);
        let Some(since) = &mut self.hearing_since else {
            return Vec::new();
        };
        if slept {
            *since = now;
        }
        let since = *since;
        let lost = lost(&mut self.leases, &self.periods, since, now);
        let mut effects: Vec<Effect> = lost
            .map(|(lease, why)| Effect::DeclareLost(lease, why))
            .collect();
        effects.extend(offers(&mut self.due, &self.periods, now));
        effects
    }

    /// An effect was not published: the next tick yields it again, if it still holds.
    pub(crate) fn undone(&mut self, effect: &Effect) {
        match effect {
            Effect::DeclareLost(lease, _) => {
                if let Some(watched) = self.leases.get_mut(&lease.run) {
                    watched.declared_at = None;
                }
            }
            Effect::Offer { run, .. } => {
                if let Some(due) = self.due.get_mut(run) {
                    due.offered_at = None;
                }
            }
        }
    }
}

impl Watched {
    const fn new(lease: LiveLease, now: Duration) -> Self {
        Self {
            lease,
            release: None,
            heard_at: now,
            declared_at: None,
        }
    }
}

fn lost<'a>(
    leases: &'a mut BTreeMap<RunId, Watched>,
    periods: &'a Periods,
    since: Duration,
    now: Duration,
) -> impl Iterator<Item = (LiveLease, Why)> + 'a {
    leases.values_mut().filter_map(move |watched| {
        let silence = now.saturating_sub(watched.heard_at.max(since));
        let silent = silence >= periods.lease;
        // What an operator wants waits for nothing.
        let wished = watched.release.clone().map(Why::Wished);
        let why = wished.or_else(|| silent.then_some(Why::Silent))?;
        periods.may_say(watched.declared_at, now).then(|| {
            watched.declared_at = Some(now);
            (watched.lease.clone(), why)
        })
    })
}

fn offers<'a>(
    due: &'a mut BTreeMap<RunId, Due>,
    periods: &'a Periods,
    now: Duration,
) -> impl Iterator<Item = Effect> + 'a {
    due.iter_mut().filter_map(move |(run, due)| {
        periods.may_say(due.offered_at, now).then(|| {
            due.offered_at = Some(now);
            Effect::Offer {
                run: *run,
                attempt: due.attempt,
            }
        })
    })
}

impl Periods {
    /// Whether something said at `said_at` may be said (again).
    fn may_say(&self, said_at: Option<Duration>, now: Duration) -> bool {
        said_at.is_none_or(|at| now.saturating_sub(at) >= self.repeat)
    }
}
