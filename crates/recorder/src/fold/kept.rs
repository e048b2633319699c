//! Submissions and events as they are kept.

use baton_domain::RunSpec;
use baton_store::{IdempotencyKey, NewEvent, Submission};
use baton_wire::{Offer, http::EventRecord};

use super::{Refused, kept_time};
use crate::read::Message;

/// What was asked for by a first offer.
pub(super) fn submission(offer: &Offer, spec: &RunSpec, message: &Message) -> Submission {
    let checkout = spec.checkout.as_ref();
    let idempotency = offer
        .idempotency_key
        .clone()
        .zip(offer.request_digest.clone());
    Submission {
        run_type: spec.work.run_type(),
        title: offer.spec.display_title(),
        pool: spec.pool.clone(),
        repository: checkout.map(|checkout| checkout.repository.as_str().to_owned()),
        slots: spec.slots,
        route: spec.route(),
        priority: spec.priority,
        submitted_by: offer.submitted_by.clone(),
        submitted_at: kept_time(offer.submitted_at),
        position: message.position(),
        idempotency: idempotency.map(|(key, request_digest)| IdempotencyKey {
            key,
            request_digest,
        }),
        request: serde_json::to_value(&offer.spec).unwrap_or_default(),
    }
}

/// An event, with why it changed nothing.
pub(super) fn new_event(record: EventRecord, judged: Result<(), Refused>) -> Option<NewEvent> {
    // Positions, attempts and sequences of a record were made from checked ones.
    Some(NewEvent {
        position: baton_domain::Position::new(record.position).ok()?,
        index: record.index,
        run: record.run_id,
        attempt: record
            .attempt
            .and_then(|n| baton_domain::Attempt::new(n.into()).ok()),
        seq: record
            .seq
            .and_then(|n| baton_domain::EventSeq::new(n.into()).ok()),
        source: record.source,
        kind: record.kind,
        at: kept_time(record.at),
        refusal: judged.err().map(str::to_owned),
        data: record.data,
    })
}
