//! A message of the RUNS stream as its viewers see it.

use baton_bus::RawMessage;
use baton_domain::RunId;
use baton_wire::{DecodeError, Decoded, http::EventRecord};

/// The run that a message speaks of, if it speaks of one, and what it says.
pub(crate) fn read(message: &RawMessage) -> Result<(Option<RunId>, Vec<EventRecord>), DecodeError> {
    let (subject, decoded) = Decoded::read(&message.subject, &message.payload)?;
    let records = EventRecord::of_message(message.position, &subject, &decoded);
    Ok((decoded.run(), records))
}
