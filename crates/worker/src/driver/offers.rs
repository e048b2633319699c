//! Offers: looking for them, taking their leases, answering them.

use std::time::Duration;

use baton_bus::{Delivery, OfferSource};
use baton_domain::{Position, RunId};
use baton_wire::Offer;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Done, Driver, slots_of};
use crate::{dispatcher::Input, lease::Stepped, options::Mode, scope::Leave};

/// How long an offer rests that this worker cannot take now.
const RETURNED_FOR: Duration = Duration::from_secs(1);
/// How many runs are remembered that the token does not allow.
const MOST_FORBIDDEN: usize = 10_000;

impl Driver {
    pub(super) async fn searched(&mut self, found: Option<Box<Delivery<Offer>>>) {
        let Some(delivery) = found else {
            return self.handle(Input::NothingOffered).await;
        };
        let (run, attempt) = (delivery.value().run, delivery.value().attempt);
        if self.offers.contains_key(&run) {
            // The same offer again while its lease is being taken: that tells what becomes of it.
            self.answer(*delivery, Answer::Return);
            return self.search();
        }
        if !self.may_take(delivery.value()) {
            self.answer(*delivery, Answer::Return);
            return self.search();
        }
        let slots = slots_of(delivery.value());
        self.offers.insert(run, *delivery);
        self.handle(Input::Offered {
            run,
            attempt,
            slots,
        })
        .await;
    }

    /// Whether the worker's token allows the run; says once of each that it does not.
    fn may_take(&mut self, offer: &Offer) -> bool {
        let repository = offer.spec.repository.as_deref();
        let leave = self.shop.scope.leave(repository);
        if leave == Leave::Given {
            return true;
        }
        if self.forbidden.len() >= MOST_FORBIDDEN {
            self.forbidden.clear();
        }
        if leave == Leave::Refused && self.forbidden.insert(offer.run) {
            let (run, repository) = (offer.run, repository.unwrap_or_default());
            tracing::info!(%run, repository, "left a run to other workers: this one's token does not allow the repository");
        }
        false
    }

    pub(super) fn search(&mut self) {
        let Some(mut source) = self.source.take() else {
            return;
        };
        if self.search.is_cancelled() {
            // A search that was given up for a while is taken up again.
            self.search = CancellationToken::new();
        }
        let stop = self.search.clone();
        let mode = self.shop.options.mode;
        self.tasks.spawn(async move {
            let found = match mode {
                Mode::Serve => source.next(&stop).await,
                Mode::Once { wait } => next_within(&mut source, &stop, wait).await,
            };
            Done::Searched(source, found.map(Box::new))
        });
    }

    pub(super) fn take_lease(&mut self, run: RunId) {
        let Some(delivery) = self.offers.get(&run) else {
            return;
        };
        let offer = delivery.value().clone();
        self.taking.insert(run, offer.clone());
        let leases = self.shop.leases.clone();
        self.tasks
            .spawn(async move { Done::Leased(run, leases.take(&offer).await) });
    }

    pub(super) fn answer_for(&mut self, run: RunId, answer: Answer) {
        if let Some(delivery) = self.offers.remove(&run) {
            self.answer(delivery, answer);
        }
    }

    pub(super) fn answer(&mut self, delivery: Delivery<Offer>, answer: Answer) {
        self.tasks.spawn(async move {
            match answer {
                Answer::Ack => delivery.ack().await,
                Answer::Return => delivery.nak(RETURNED_FOR).await,
            }
            Done::Answered
        });
    }

    pub(super) fn release(&mut self, run: RunId, lease: Position) {
        let Some(offer) = self.taking.remove(&run) else {
            return;
        };
        let leases = self.shop.leases.clone();
        self.tasks.spawn(async move {
            let reason = "the worker is leaving";
            let released = leases.release(run, offer.attempt, lease, reason).await;
            if let Stepped::Unclear(error) = released {
                tracing::warn!(%run, %error, "failed to give the run back");
            }
            Done::Answered
        });
    }
}

/// The next offer, if there is one in time. The search is ended in order rather than dropped, so
/// that no offer is left on its way.
async fn next_within(
    source: &mut OfferSource,
    stop: &CancellationToken,
    wait: Duration,
) -> Option<Delivery<Offer>> {
    let limit = stop.child_token();
    let mut next = std::pin::pin!(source.next(&limit));
    tokio::select! {
        biased;
        found = &mut next => return found,
        () = sleep(wait) => limit.cancel(),
    }
    next.await
}

/// What an offer is answered with.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Ack,
    Return,
}
