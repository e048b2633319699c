//! What operators' drains leave to this worker: heard from the broker, looked at again when their
//! time is over.

use std::{collections::BTreeSet, time::Duration};

use baton_bus::{Bus, DrainFeed};
use baton_domain::{Drain, DrainScope, DrainedRuns, Pool, Share, WorkerId};
use chrono::{DateTime, Utc};
use tokio::time::sleep;

use crate::options::WorkerOptions;

/// How long to wait before listening again when the broker does not take the subscription.
const LISTEN_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Hears of drains.
#[derive(Debug)]
pub(crate) struct Drains {
    bus: Bus,
    scopes: Vec<DrainScope>,
    look_every: Duration,
    feed: Option<DrainFeed>,
}

/// What is known of drains, and what it leaves to this worker.
#[derive(Debug)]
pub(crate) struct Drained {
    worker: WorkerId,
    pools: BTreeSet<Pool>,
    /// None before the first word from the broker.
    drains: Option<Vec<Drain>>,
    share: Option<Share>,
}

impl Drains {
    pub(crate) fn new(bus: Bus, options: &WorkerOptions) -> Self {
        Self {
            bus,
            scopes: DrainScope::of_worker(&options.worker, &options.pools),
            look_every: options.check_leases_every,
            feed: None,
        }
    }

    /// All drains that concern this worker, once something about them is heard. Waits while the
    /// broker is away. May be cancelled at any time.
    pub(crate) async fn next(&mut self) -> Vec<Drain> {
        loop {
            if let Some(feed) = &mut self.feed {
                if let Some(drains) = feed.next().await {
                    return drains;
                }
                self.feed = None;
            }
            let scopes = self.scopes.iter().cloned();
            match self.bus.drains(scopes, self.look_every).await {
                Ok(feed) => self.feed = Some(feed),
                Err(error) => {
                    tracing::debug!(%error, "failed to listen for drains; trying again");
                    sleep(LISTEN_AGAIN_AFTER).await;
                }
            }
        }
    }
}

impl Drained {
    pub(crate) fn new(options: &WorkerOptions) -> Self {
        Self {
            worker: options.worker.clone(),
            pools: options.pools.clone(),
            drains: None,
            share: None,
        }
    }

    /// Takes in what was heard; what is left to this worker, if that changes.
    pub(crate) fn heard(&mut self, drains: Vec<Drain>, now: DateTime<Utc>) -> Option<&Share> {
        self.drains = Some(drains);
        self.look(now)
    }

    /// What is left to this worker at `now`, if that changes.
    pub(crate) fn look(&mut self, now: DateTime<Utc>) -> Option<&Share> {
        let share = Share::of(&self.worker, &self.pools, self.drains.as_ref()?, now);
        if self.share.as_ref() == Some(&share) {
            return None;
        }
        Some(&*self.share.insert(share))
    }

    /// The pause that holds runs of a pool at `now`, once anything is known of drains.
    pub(crate) fn pause_of(&self, pool: &Pool, now: DateTime<Utc>) -> Option<Option<&Drain>> {
        let drains = self.drains.as_ref()?;
        let pauses = |drain: &&Drain| {
            let meant = match &drain.scope {
                DrainScope::Fleet => true,
                DrainScope::Pool(drained) => drained == pool,
                DrainScope::Worker(worker) => *worker == self.worker,
            };
            meant && drain.runs == DrainedRuns::Pause && drain.is_in_force(now)
        };
        Some(
            drains
                .iter()
                .filter(pauses)
                .min_by_key(|drain| &drain.scope),
        )
    }

    /// The drain because of which nothing is taken.
    pub(crate) fn by(&self) -> Option<&Drain> {
        self.share.as_ref()?.drain()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::TimeDelta;

    use super::*;

    // W-11
    #[test]
    fn a_drain_is_obeyed_once_and_ends_by_itself() {
        let worker = "w-1".parse().unwrap();
        let options = WorkerOptions::new(worker, Path::new("/tmp"), "http://127.0.0.1:1");
        let now = DateTime::UNIX_EPOCH;
        let mut drained = Drained::new(&options);
        assert_eq!(drained.look(now), None, "nothing is known yet");
        let all = Share::Pools(options.pools);
        assert_eq!(drained.heard(Vec::new(), now), Some(&all));
        let drain = Drain {
            scope: DrainScope::Fleet,
            actor: "ada".to_owned().try_into().unwrap(),
            note: "the database moves".to_owned(),
            since: now,
            until: Some(now + TimeDelta::seconds(5)),
            runs: DrainedRuns::Finish,
        };
        let nothing = Share::Nothing(Box::new(drain.clone()));
        assert_eq!(drained.heard(vec![drain.clone()], now), Some(&nothing));
        assert_eq!(drained.heard(vec![drain.clone()], now), None, "heard again");
        assert_eq!(drained.by(), Some(&drain));
        assert_eq!(drained.look(now + TimeDelta::seconds(4)), None);
        assert_eq!(drained.look(now + TimeDelta::seconds(5)), Some(&all));
        assert_eq!(drained.by(), None);
    }
}
