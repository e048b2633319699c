//! Taking offers: the queues that a worker may serve, swept by priority; asleep while there is
//! nothing to do, woken by hints.

mod alarm;
mod order;
mod scope;
mod sessions;
mod sweep;

use std::time::Duration;

use baton_wire::Offer;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{connect::Bus, delivery::Delivery, retry};

pub use order::Room;
pub use scope::OfferScope;

use alarm::{Alarm, Ring};
use sweep::Sweeper;

/// The pause after which a sleeper looks by itself, and how much it varies: 2 to 5 s.
const FALLBACK: (Duration, f64) = (Duration::from_millis(3_500), 0.43);

/// Offers that a worker may take, one at a time.
#[derive(Debug)]
pub struct OfferSource {
    bus: Bus,
    sweeper: Sweeper,
    /// How much the worker has room for.
    room: watch::Receiver<Room>,
    /// Only there while asleep: a busy worker must not be woken in an idle one's place.
    alarm: Option<Alarm>,
}

/// Why a sleeper looks again.
enum Wake {
    /// It has only now begun to listen: what came just before rang nowhere.
    Listening,
    /// An offer was published.
    Rung(Ring),
    /// There is more room than before.
    Room,
    /// It slept long enough.
    Time,
}

impl Bus {
    /// Offers of the queues that a worker with this scope may serve, of runs of any weight.
    #[must_use]
    pub fn offers(&self, scope: OfferScope) -> OfferSource {
        OfferSource {
            room: watch::Sender::new(Room::ENDLESS).subscribe(),
            bus: self.clone(),
            sweeper: Sweeper::new(self.clone(), scope),
            alarm: None,
        }
    }
}

impl OfferSource {
    /// The same, of runs for which there is room at the time.
    #[must_use]
    pub fn within(mut self, room: watch::Receiver<Room>) -> Self {
        self.room = room;
        self
    }

    /// The next offer: the most urgent one there is (but now and then a less urgent one, so that
    /// nothing starves), routes of one priority in turn, of a run that fits; waits until there is
    /// one. `None` once the token is cancelled.
    ///
    /// Stop it by the token. When the future itself is dropped, an offer that was on its way
    /// comes again after the queue's acknowledgement wait (5 s).
    pub async fn next(&mut self, stop: &CancellationToken) -> Option<Delivery<Offer>> {
        // Boxed, since callers hold it in futures of their own.
        let found = Box::pin(self.find(stop)).await;
        self.alarm = None;
        found
    }

    async fn find(&mut self, stop: &CancellationToken) -> Option<Delivery<Offer>> {
        loop {
            stop.run_until_cancelled(self.bus.up()).await?;
            let room = *self.room.borrow_and_update();
            if let Some(found) = self.sweeper.sweep(room).await {
                return Some(found);
            }
            match stop.run_until_cancelled(self.sleep()).await? {
                Wake::Listening | Wake::Room => {}
                Wake::Time => self.sweeper.look_for_queues(),
                Wake::Rung(ring) => {
                    if let Some(found) = self.sweeper.await_arrival(ring, room).await {
                        return Some(found);
                    }
                }
            }
        }
    }

    async fn sleep(&mut self) -> Wake {
        let (pause, spread) = FALLBACK;
        let fallback = tokio::time::sleep(retry::jittered(pause, spread));
        let Some(alarm) = &mut self.alarm else {
            return match Alarm::set(&self.bus, self.sweeper.routes()).await {
                Ok(alarm) => {
                    self.alarm = Some(alarm);
                    Wake::Listening
                }
                Err(error) => {
                    tracing::debug!(%error, "failed to listen for offers");
                    fallback.await;
                    Wake::Time
                }
            };
        };
        tokio::select! {
            ring = alarm.ring() => Wake::Rung(ring),
            () = changed(&mut self.room) => Wake::Room,
            () = fallback => Wake::Time,
        }
    }
}

/// Waits until there is another room than was last seen; nobody changes one without a sender.
async fn changed(room: &mut watch::Receiver<Room>) {
    if room.changed().await.is_err() {
        std::future::pending().await
    }
}
