//! A message of the RUNS stream as its viewers see it.

use baton_bus::RawMessage;
use baton_domain::RunId;
use baton_wire::{DecodeError, Decoded, http::EventRecord};

/// The run that a message speaks of, and what it says.
pub(crate) fn read(message: &RawMessage) -> Result<(RunId, Vec<EventRecord>), DecodeError> {
    let (subject, decoded) = Decoded::read(&message.subject, &message.payload)?;
    let records = EventRecord::of_message(message.position, &subject, &decoded);
    Ok((run_of(&decoded), records))
}

const fn run_of(decoded: &Decoded) -> RunId {
    match decoded {
        Decoded::Offer(offer) => offer.run,
        Decoded::Lease(lease) => lease.run,
        Decoded::Control(control) => control.run,
        Decoded::Events(events, _) => events.run,
    }
}
