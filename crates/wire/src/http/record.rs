//! What a message of the RUNS stream says, as records of events: the same for rows and for live
//! views.

use baton_domain::{Actor, Position, WorkerId};
use serde_json::{Map, Value, json};

use super::EventRecord;
use crate::{
    control::{ControlCommand, ControlMessage},
    event::EventsMessage,
    grant::GrantMessage,
    lease::{LeaseMessage, LeaseStep},
    message::Decoded,
    offer::{Offer, OfferReason},
    subject::Subject,
};

/// Who offers a run again.
const SUPERVISOR: &str = "supervisor";

impl EventRecord {
    /// The records of a message, in order, not yet judged by the recorder.
    #[must_use]
    pub fn of_message(position: Position, subject: &Subject, message: &Decoded) -> Vec<Self> {
        let at = Place { position };
        match (message, subject) {
            (Decoded::Offer(offer), _) => vec![at.offer(offer)],
            (Decoded::Lease(lease), Subject::Lease { worker, .. }) => vec![at.lease(lease, worker)],
            (Decoded::Control(control), _) => vec![at.control(control)],
            (Decoded::Grant(grant), _) => vec![at.grant(grant)],
            (Decoded::Events(events, raw), Subject::Events { worker, .. }) => {
                at.events(events, raw.clone(), worker)
            }
            // Decoding takes the kind from the subject: other pairs do not exist.
            _ => Vec::new(),
        }
    }

    /// The same, but events as they were sent are moved out of the message instead of being
    /// copied: for whoever reads many and needs them once.
    #[must_use]
    pub fn taken_from(position: Position, subject: &Subject, message: &mut Decoded) -> Vec<Self> {
        match (message, subject) {
            (Decoded::Events(events, raw), Subject::Events { worker, .. }) => {
                Place { position }.events(events, std::mem::take(raw), worker)
            }
            (message, _) => Self::of_message(position, subject, message),
        }
    }
}

struct Place {
    position: Position,
}

impl Place {
    fn offer(&self, offer: &Offer) -> EventRecord {
        let (kind, source) = match offer.reason {
            OfferReason::Submitted => ("submitted", offer.submitted_by.as_str()),
            OfferReason::Retry => ("offered", SUPERVISOR),
        };
        EventRecord {
            position: self.position.get(),
            index: 0,
            run_id: offer.run,
            attempt: Some(offer.attempt.get()),
            seq: None,
            source: source.to_owned(),
            kind: kind.to_owned(),
            at: offer.at,
            effective: None,
            refusal: None,
            data: json!({}),
        }
    }

    fn lease(&self, lease: &LeaseMessage, by: &WorkerId) -> EventRecord {
        let kind = match lease.step {
            LeaseStep::Taken => "lease_taken",
            LeaseStep::Released => "lease_released",
            LeaseStep::Lost => "lease_lost",
        };
        let mut data = json!({"worker": lease.worker});
        if let Some(reason) = &lease.reason {
            data["reason"] = json!(reason);
        }
        EventRecord {
            position: self.position.get(),
            index: 0,
            run_id: lease.run,
            attempt: Some(lease.attempt.get()),
            seq: None,
            source: by.to_string(),
            kind: kind.to_owned(),
            at: lease.at,
            effective: None,
            refusal: None,
            data,
        }
    }

    fn control(&self, control: &ControlMessage) -> EventRecord {
        let mut data = wished(&control.command);
        data.insert("id".to_owned(), json!(control.id));
        EventRecord {
            position: self.position.get(),
            index: 0,
            run_id: control.run,
            attempt: None,
            seq: None,
            source: Actor::as_str(&control.actor).to_owned(),
            kind: control.command.kind().to_owned(),
            at: control.at,
            effective: None,
            refusal: None,
            data: Value::Object(data),
        }
    }

    fn grant(&self, grant: &GrantMessage) -> EventRecord {
        let mut data = json!({"id": grant.id, "grant": grant.grant, "fence": grant.fence});
        if let Some(note) = &grant.note {
            data["note"] = json!(note);
        }
        if let Some(writer) = &grant.writer {
            data["holder"] = json!(writer.holder);
            data["channel"] = json!(writer.channel);
            data["terminals"] = json!(writer.terminals);
            data["ttlMs"] = json!(writer.ttl_ms);
            data["reason"] = json!(writer.reason);
        }
        EventRecord {
            position: self.position.get(),
            index: 0,
            run_id: grant.run,
            attempt: None,
            seq: None,
            source: Actor::as_str(&grant.actor).to_owned(),
            kind: grant.step.kind().to_owned(),
            at: grant.at,
            effective: None,
            refusal: None,
            data,
        }
    }

    fn events(&self, message: &EventsMessage, raw: Vec<Value>, by: &WorkerId) -> Vec<EventRecord> {
        let pairs = message.events.iter().zip(raw).enumerate();
        pairs
            .map(|(index, (event, raw))| {
                let (kind, data) = split(raw);
                EventRecord {
                    position: self.position.get(),
                    index: u16::try_from(index).unwrap_or(u16::MAX),
                    run_id: message.run,
                    attempt: Some(message.attempt.get()),
                    seq: Some(event.seq.get()),
                    source: by.to_string(),
                    kind,
                    at: event.at,
                    effective: None,
                    refusal: None,
                    data,
                }
            })
            .collect()
    }
}

/// A command's own fields. Of secrets only whose they are.
fn wished(command: &ControlCommand) -> Map<String, Value> {
    if let ControlCommand::ResealSession { generation, sealed } = command {
        return Map::from_iter([
            ("generation".to_owned(), json!(generation)),
            ("keyId".to_owned(), json!(sealed.key_id)),
        ]);
    }
    let Ok(Value::Object(mut fields)) = serde_json::to_value(command) else {
        return Map::new();
    };
    fields.remove("action");
    fields
}

/// Fields that are kept elsewhere, for fewer eyes: what was typed, secrets, though they are sealed,
/// and pages that only the session itself tells, where it may.
const FOR_FEWER_EYES: [&str; 4] = ["text", "mac", "sealed", "webRo"];

/// An event as sent, parted into its type and its own fields.
fn split(raw: Value) -> (String, Value) {
    let Value::Object(mut fields) = raw else {
        return (String::new(), Value::Object(Map::new()));
    };
    let kind = match fields.remove("type") {
        Some(Value::String(kind)) => kind,
        _ => String::new(),
    };
    for known in ["seq", "at"] {
        fields.remove(known);
    }
    if kind == "input_typed" || kind.starts_with("session_") {
        for narrow in FOR_FEWER_EYES {
            fields.remove(narrow);
        }
    }
    (kind, Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_of(command: Value) -> Value {
        let control: ControlMessage = serde_json::from_value(json!({
            "run": "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a",
            "id": "019a2b3c-5000-7000-8000-000000000020",
            "actor": "anna",
            "at": "2026-11-21T10:15:30.123456Z",
            "command": command,
        }))
        .unwrap();
        let place = Place {
            position: Position::try_from(7_u64).unwrap(),
        };
        place.control(&control).data
    }

    #[test]
    fn a_command_is_on_record_with_all_that_was_wished() {
        assert_eq!(
            data_of(json!({
                "action": "pause",
                "mode": "soft",
                "deadlineSeconds": 30,
                "resumeAfterSeconds": 900,
                "note": "wait for the review",
            })),
            json!({
                "id": "019a2b3c-5000-7000-8000-000000000020",
                "mode": "soft",
                "deadlineSeconds": 30,
                "resumeAfterSeconds": 900,
                "note": "wait for the review",
            })
        );
        let told =
            data_of(json!({"action": "send_message", "kind": "queued", "text": "and tests"}));
        assert_eq!(
            (&told["kind"], &told["text"]),
            (&json!("queued"), &json!("and tests"))
        );
    }

    #[test]
    fn secrets_are_on_record_by_the_name_of_their_key_alone() {
        assert_eq!(
            data_of(json!({
                "action": "reseal_session",
                "generation": 1,
                "sealed": {"keyId": "k-1", "sealed": "c2VhbGVk"},
            })),
            json!({
                "id": "019a2b3c-5000-7000-8000-000000000020",
                "generation": 1,
                "keyId": "k-1",
            })
        );
    }
}
