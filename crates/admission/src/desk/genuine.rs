//! Whether a lease was taken by the rules. A worker may write what it likes on its own lease
//! subjects, so its word alone proves nothing: an attempt is held by whoever spoke first of the
//! run's lease after the point that an offer of that attempt names. Offers come from the API and
//! the supervisor alone.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use baton_bus::{Bus, BusError};
use baton_domain::{Attempt, Position, RunId, WorkerId};
use baton_wire::{Decoded, Filter, HeldLease};

/// How many findings are remembered: what was taken by the rules stays so.
const REMEMBERED: usize = 16_384;

/// How many offers of one run are looked at.
const OFFERS: usize = 1_000;

type Finding = (RunId, WorkerId, Attempt, Position);

/// Leases found genuine.
#[derive(Debug, Default)]
pub(super) struct Genuine(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    known: HashSet<Finding>,
    order: VecDeque<Finding>,
}

impl Genuine {
    /// Whether the worker's message at the lease's position took the attempt. The message itself
    /// is known to be there.
    pub(super) async fn check(
        &self,
        bus: &Bus,
        worker: &WorkerId,
        held: HeldLease,
    ) -> Result<bool, BusError> {
        let finding = (held.run, worker.clone(), held.attempt, held.lease_position);
        if self.with(|remembered| remembered.known.contains(&finding)) {
            return Ok(true);
        }
        let genuine = was_first(bus, held).await?;
        if genuine {
            self.with(|remembered| remembered.add(finding));
        }
        Ok(genuine)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Remembered) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Remembered {
    fn add(&mut self, finding: Finding) {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        if self.known.insert(finding.clone()) {
            self.order.push_back(finding);
        }
    }
}

/// Looks at the offers that came before the lease, and at what came first after their point.
async fn was_first(bus: &Bus, held: HeldLease) -> Result<bool, BusError> {
    let (offers, leases) = (Filter::RunOffers(held.run), Filter::Leases(held.run));
    let mut at = Position::START;
    for _ in 0..OFFERS {
        let Some(message) = bus.get_next(&offers, at).await? else {
            return Ok(false);
        };
        at = message.position;
        if at > held.lease_position {
            return Ok(false);
        }
        let Ok((_, Decoded::Offer(offer))) = Decoded::read(&message.subject, &message.payload)
        else {
            continue;
        };
        if offer.attempt != held.attempt {
            continue;
        }
        let first = bus.get_next(&leases, offer.lease_position).await?;
        if first.is_some_and(|first| first.position == held.lease_position) {
            return Ok(true);
        }
    }
    Ok(false)
}
