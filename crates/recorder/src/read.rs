//! Messages as they come, read into what they say. Needs nothing but the message, so it is done
//! ahead of the writing.

use std::borrow::Cow;

use baton_bus::RawMessage;
use baton_domain::{Position, RunId, RunSpec};
use baton_store::UnreadableMessage;
use baton_wire::{Decoded, EventsMessage, Subject, http::EventRecord};
use chrono::{DateTime, Datelike, Utc};

/// A message, read.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) raw: RawMessage,
    pub(crate) said: Result<Said, String>,
}

/// What a message says.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) subject: Subject,
    pub(crate) decoded: Decoded,
    /// Of an offer, checked.
    pub(crate) spec: Option<RunSpec>,
    /// The events to keep, not yet judged; until they are taken.
    pub(crate) records: Vec<EventRecord>,
}

impl Message {
    /// Reads a message; what cannot be read says why.
    pub(crate) fn read(raw: RawMessage) -> Self {
        let said = say(&raw);
        Self { raw, said }
    }

    pub(crate) const fn position(&self) -> Position {
        self.raw.position
    }

    /// The same message before anything of it was taken.
    pub(crate) fn read_again(self) -> Self {
        Self::read(self.raw)
    }

    /// How many events it has to keep.
    pub(crate) fn events(&self) -> usize {
        self.said.as_ref().map_or(0, |said| said.records.len())
    }

    /// Moves the events out that are to be kept.
    pub(crate) fn take_records(&mut self) -> Vec<EventRecord> {
        let said = self.said.as_mut();
        said.map_or_else(|_| Vec::new(), |said| std::mem::take(&mut said.records))
    }

    /// The run it speaks of, if it speaks of one.
    pub(crate) fn run(&self) -> Option<RunId> {
        self.said.as_ref().ok()?.decoded.run()
    }

    /// The message as one that could not be read.
    pub(crate) fn unreadable(&self, why: &str) -> UnreadableMessage {
        UnreadableMessage {
            position: self.raw.position,
            subject: self.raw.subject.replace('\0', "\u{fffd}"),
            payload: self.raw.payload.to_vec(),
            error: why.replace('\0', "\u{fffd}"),
            stored_at: self.raw.stored_at,
        }
    }
}

fn say(raw: &RawMessage) -> Result<Said, String> {
    let body = without_nul(&raw.payload);
    let (subject, mut decoded) = Decoded::read(&raw.subject, &body).map_err(|e| e.to_string())?;
    let records = EventRecord::taken_from(raw.position, &subject, &mut decoded);
    if records.len() > EventsMessage::MAX_EVENTS {
        return Err(format!("it holds {} events", records.len()));
    }
    let mut times = records
        .iter()
        .map(|record| record.at)
        .chain(other_times(&decoded));
    if let Some(at) = times.find(|at| !is_plausible(*at)) {
        return Err(format!("it speaks of the year {}", at.year()));
    }
    Ok(Said {
        spec: spec_of(&decoded)?,
        subject,
        decoded,
        records,
    })
}

fn spec_of(decoded: &Decoded) -> Result<Option<RunSpec>, String> {
    let Decoded::Offer(offer) = decoded else {
        return Ok(None);
    };
    let spec = RunSpec::try_from(&offer.spec);
    spec.map(Some)
        .map_err(|e| format!("its specification is invalid: {e}"))
}

/// Times that no event carries.
fn other_times(decoded: &Decoded) -> Vec<DateTime<Utc>> {
    match decoded {
        Decoded::Offer(offer) => vec![offer.submitted_at],
        Decoded::Drain(drain) => [drain.at].into_iter().chain(drain.until).collect(),
        _ => Vec::new(),
    }
}

/// Times far out overflow when a delay is added to them, or fit no column.
fn is_plausible(at: DateTime<Utc>) -> bool {
    (1970..10_000).contains(&at.year())
}

/// The body with every escaped NUL replaced by the mark of a lost character: Postgres keeps no
/// NUL, and agents do print them.
fn without_nul(body: &[u8]) -> Cow<'_, [u8]> {
    const NUL: &[u8] = b"u0000";
    let mut cleaned = Cow::Borrowed(body);
    let mut at = 0;
    while let Some(found) = body[at..].iter().position(|byte| *byte == b'\\') {
        let escaped = at + found + 1;
        if body[escaped..].starts_with(NUL) {
            cleaned.to_mut()[escaped..escaped + NUL.len()].copy_from_slice(b"ufffd");
        }
        // Past the escaped character: an escaped backslash escapes nothing.
        at = (escaped + 1).min(body.len());
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_nul_is_replaced_and_its_look_alike_is_not() {
        let clean = |text: &str| String::from_utf8(without_nul(text.as_bytes()).into_owned());
        for (sent, kept) in [
            (r#""a\u0000b""#, r#""a\ufffdb""#),
            (r#""\u0000\u0000""#, r#""\ufffd\ufffd""#),
            (r#""a\\u0000b""#, r#""a\\u0000b""#),
            (r#""a\\\u0000b""#, r#""a\\\ufffdb""#),
            (r"\", r"\"),
            ("", ""),
        ] {
            assert_eq!(clean(sent).as_deref(), Ok(kept), "{sent}");
        }
    }

    #[test]
    fn times_that_overflow_are_not_plausible() {
        assert!(!is_plausible(DateTime::<Utc>::MAX_UTC));
        assert!(!is_plausible(DateTime::<Utc>::MIN_UTC));
        assert!(is_plausible(DateTime::UNIX_EPOCH));
    }
}
