//! In which order a worker looks at its queues: a plain value, no IO and no clock of its own.
//!
//! - High before normal before low; but every 8th claim looks at normal first and every 32nd at
//!   low, so that no priority starves.
//! - The queues of one priority in turn: the one that gave last is looked at last.
//! - Only queues whose runs fit into the worker's free slots.
//! - A heavy queue that has waited for [`SAVE_AFTER`] is saved for: until its run fits, nothing of
//!   its priority or below is taken. That lasts [`SAVE_FOR`] at most, then as long a rest follows.

use std::{collections::BTreeMap, time::Duration};

use baton_domain::{Priority, Route};

/// Every so many claims, a worker looks at normal first.
const NORMAL_EVERY: u64 = 8;

/// Every so many claims, a worker looks at low first.
const LOW_EVERY: u64 = 32;

/// How long a run that does not fit waits before slots are saved for it.
pub(super) const SAVE_AFTER: Duration = Duration::from_secs(30);

/// How long slots are saved at most, and how long nothing is saved then.
pub(super) const SAVE_FOR: Duration = Duration::from_secs(600);

/// A worker's slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// That no run takes.
    pub free: u32,
    /// That there are.
    pub total: u32,
}

impl Room {
    /// Room for whatever comes.
    pub const ENDLESS: Self = Self {
        free: u32::MAX,
        total: u32::MAX,
    };
}

/// A queue, by what its offers have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Queue {
    /// [`Priority`] sorts by urgency.
    pub(super) priority: Priority,
    pub(super) route: Route,
}

impl Queue {
    const fn slots(&self) -> u32 {
        self.route.slots.get()
    }
}

/// What the order depends on besides the queues themselves.
#[derive(Debug, Default)]
pub(super) struct Order {
    claims: u64,
    /// The route that gave last, by priority.
    last: BTreeMap<Priority, Route>,
    /// Queues that hold offers which do not fit, and since when.
    waiting: BTreeMap<Queue, Duration>,
}

impl Order {
    /// The queues to look at, in this order.
    pub(super) fn plan<'a>(
        &self,
        queues: impl Iterator<Item = &'a Queue> + Clone,
        room: Room,
        now: Duration,
    ) -> Vec<Queue> {
        let overdue = self.overdue(room, now);
        let ranks = overdue.map_or_else(|| self.ranks(), |_| Priority::ALL.to_vec());
        let mut plan = Vec::new();
        for priority in ranks {
            let of_rank = queues.clone().filter(|queue| queue.priority == priority);
            let mut rank = self.in_turn(priority, of_rank);
            if let Some(heavy) = overdue.filter(|heavy| heavy.priority == priority) {
                if heavy.slots() > room.free {
                    break;
                }
                // What was saved for comes first: stable, so that the others stay in turn.
                rank.sort_by_key(|queue| *queue != heavy);
            }
            plan.extend(rank.into_iter().filter(|q| q.slots() <= room.free).cloned());
        }
        plan
    }

    /// Queues that this worker could serve if it were less busy: whether they hold anything is
    /// worth knowing.
    pub(super) fn too_heavy<'a>(
        queues: impl Iterator<Item = &'a Queue>,
        room: Room,
    ) -> impl Iterator<Item = &'a Queue> {
        queues.filter(move |queue| queue.slots() > room.free && queue.slots() <= room.total)
    }

    /// A queue whose runs did not fit was looked at.
    pub(super) fn seen(&mut self, queue: &Queue, holds: Holds, now: Duration) {
        match holds {
            Holds::Offers => {
                self.waiting.entry(queue.clone()).or_insert(now);
            }
            Holds::Nothing => {
                self.waiting.remove(queue);
            }
        }
    }

    /// A queue gave an offer.
    pub(super) fn gave(&mut self, queue: &Queue) {
        self.claims += 1;
        self.waiting.remove(queue);
        self.last.insert(queue.priority, queue.route.clone());
    }

    /// The priorities in the order in which the next claim looks at them.
    fn ranks(&self) -> Vec<Priority> {
        let next = self.claims + 1;
        let first = match next {
            n if n.is_multiple_of(LOW_EVERY) => Priority::Low,
            n if n.is_multiple_of(NORMAL_EVERY) => Priority::Normal,
            _ => Priority::High,
        };
        let others = Priority::ALL.iter().copied().filter(|p| *p != first);
        std::iter::once(first).chain(others).collect()
    }

    /// The queues of one priority, behind the one that gave last.
    fn in_turn<'a>(
        &self,
        priority: Priority,
        queues: impl Iterator<Item = &'a Queue>,
    ) -> Vec<&'a Queue> {
        let mut queues: Vec<&Queue> = queues.collect();
        queues.sort();
        if let Some(last) = self.last.get(&priority) {
            let behind = queues.partition_point(|queue| queue.route <= *last);
            queues.rotate_left(behind);
        }
        queues
    }

    /// The queue that slots are saved for: of those whose time has come, the one that has waited
    /// the longest.
    fn overdue(&self, room: Room, now: Duration) -> Option<&Queue> {
        let possible = |(queue, since): &(&Queue, &Duration)| {
            let waited = now.saturating_sub(**since);
            let saving = waited.checked_sub(SAVE_AFTER).is_some_and(|over| {
                let rounds = over.as_nanos() / SAVE_FOR.as_nanos();
                rounds.is_multiple_of(2)
            });
            queue.slots() <= room.total && saving
        };
        let waiting = self.waiting.iter().filter(possible);
        waiting.min_by_key(|(_, since)| **since).map(|(q, _)| q)
    }
}

/// What a queue was seen to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Offers,
    Nothing,
}

#[cfg(test)]
mod tests;
