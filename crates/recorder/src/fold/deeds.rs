//! What people, workers and supervisors do to runs, picked out of everything that is said.

use baton_domain::{Attempt, Position, run::session::SessionWish};
use baton_store::{Mark, StoredControlEvent};
use baton_wire::http::EventRecord;
use serde_json::json;
use uuid::Uuid;

use super::kept_time;

/// A record as a deed; none when it is no deed.
pub(super) fn deed(record: &EventRecord, judged: Result<(), &str>) -> Option<StoredControlEvent> {
    let (actor_kind, action) = who_does_what(record)?;
    let mark = mark(record)?;
    let mut metadata = record.data.clone();
    let id = metadata
        .as_object_mut()
        .and_then(|fields| fields.remove("id"));
    let id = id.and_then(|id| id.as_str()?.parse().ok());
    Some(StoredControlEvent {
        mark,
        id: id.unwrap_or_else(|| made_id(mark, record)),
        run: record.run_id,
        attempt: record.attempt.and_then(|n| Attempt::new(n.into()).ok()),
        actor_kind: actor_kind.to_owned(),
        actor: record.source.clone(),
        action: action.to_owned(),
        at: kept_time(record.at),
        refusal: judged.err().map(str::to_owned),
        answers: answers(record),
        metadata,
    })
}

/// A submission that wants a session as the deed of its submitter.
pub(super) fn wanted(record: &EventRecord, wish: SessionWish) -> Option<StoredControlEvent> {
    let mark = mark(record)?;
    Some(StoredControlEvent {
        mark,
        id: made_id(mark, record),
        run: record.run_id,
        attempt: None,
        actor_kind: OPERATOR.to_owned(),
        actor: record.source.clone(),
        action: "enable_session".to_owned(),
        at: kept_time(record.at),
        refusal: None,
        answers: None,
        metadata: json!({
            "provider": wish.provider, "ttlSeconds": wish.ttl_seconds, "submitted": true,
        }),
    })
}

/// Where a record stands.
pub(super) fn mark(record: &EventRecord) -> Option<Mark> {
    // Positions of records were made from checked ones.
    Some(Mark {
        position: Position::new(record.position).ok()?,
        index: record.index,
    })
}

const OPERATOR: &str = "operator";
const WORKER: &str = "worker";
const SUPERVISOR: &str = "supervisor";

fn who_does_what(record: &EventRecord) -> Option<(&'static str, &str)> {
    if record.seq.is_some() {
        // Only workers number what they say, so no worker's words pass for an operator's.
        return is_workers_deed(&record.kind).then_some((WORKER, record.kind.as_str()));
    }
    let action = match record.kind.as_str() {
        "cancel_requested" => "cancel",
        "redriven" => "redrive",
        "release_requested" => "release_lease",
        "session_requested" => "enable_session",
        "session_revoke_requested" => "revoke_session",
        "session_resealed" => "reseal_session",
        "pause_requested" => "pause",
        "resume_requested" => "resume",
        "takeover_requested" => "takeover",
        "hand_back_requested" => "hand_back",
        "message_sent" => "send_message",
        "message_cancel_requested" => "cancel_message",
        "help_answered" => "answer_help",
        "budget_raise_requested" => "raise_budget",
        same @ ("write_granted" | "write_renewed" | "write_released" | "write_revoked"
        | "unknown_command") => same,
        "lease_lost" => return Some((SUPERVISOR, "lease_lost")),
        "lease_released" => return Some((WORKER, "lease_released")),
        _ => return None,
    };
    Some((OPERATOR, action))
}

fn is_workers_deed(kind: &str) -> bool {
    matches!(
        kind,
        "session_starting"
            | "session_ready"
            | "session_links_changed"
            | "session_ended"
            | "session_failed"
            | "session_revoked"
            | "write_gate"
            | "write_ended"
            | "paused"
            | "resumed"
            | "agent_frozen"
            | "agent_thawed"
            | "cancel_step"
            | "control_delivered"
            | "takeover_began"
            | "takeover_ended"
            | "message_delivered"
            | "message_seen"
            | "message_dropped"
            | "operator_needed"
            | "operator_not_needed"
            | "budget_reached"
            | "budget_raised"
    )
}

/// The command that a worker tells by this that it holds it, or that it has had its effect.
fn answers(record: &EventRecord) -> Option<Uuid> {
    record.seq?;
    let field = match record.kind.as_str() {
        "control_delivered"
        | "paused"
        | "resumed"
        | "takeover_began"
        | "takeover_ended"
        | "message_dropped"
        | "operator_not_needed"
        | "budget_raised" => "command",
        "message_delivered" | "message_seen" => "message",
        _ => return None,
    };
    record.data.get(field)?.as_str()?.parse().ok()
}

/// The same id whenever the same message is read.
fn made_id(mark: Mark, record: &EventRecord) -> Uuid {
    let mut bytes = *record.run_id.as_uuid().as_bytes();
    bytes[..6].copy_from_slice(&mark.position.get().to_be_bytes()[2..]);
    bytes[9..11].copy_from_slice(&mark.index.to_be_bytes());
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use baton_domain::RunId;

    use super::*;

    fn record(kind: &str, seq: Option<u32>) -> EventRecord {
        EventRecord {
            position: 70_000,
            index: 3,
            run_id: RunId::from_uuid(Uuid::from_u128(u128::MAX)),
            attempt: Some(1),
            seq,
            source: "somebody".to_owned(),
            kind: kind.to_owned(),
            at: chrono::DateTime::UNIX_EPOCH,
            effective: None,
            refusal: None,
            data: json!({"note": "why", "id": Uuid::from_u128(7)}),
        }
    }

    // H-03
    #[test]
    fn a_worker_cannot_say_what_passes_for_an_operators_deed() {
        for kind in [
            "cancel_requested",
            "write_granted",
            "session_requested",
            "lease_lost",
        ] {
            assert_eq!(deed(&record(kind, Some(4)), Ok(())), None, "{kind}");
            assert!(deed(&record(kind, None), Ok(())).is_some(), "{kind}");
        }
        let said = deed(&record("session_ready", Some(4)), Err("wrong_state"));
        let said = said.expect("a deed");
        assert_eq!(
            (said.actor_kind.as_str(), said.refusal.as_deref()),
            ("worker", Some("wrong_state"))
        );
        assert_eq!(deed(&record("session_ready", None), Ok(())), None);
        assert_eq!(deed(&record("output", Some(4)), Ok(())), None);
    }

    #[test]
    fn a_deed_has_its_senders_id_or_one_made_of_its_place() {
        let own = deed(&record("cancel_requested", None), Ok(())).expect("a deed");
        assert_eq!(own.id, Uuid::from_u128(7));
        assert_eq!(own.metadata, json!({"note": "why"}));
        let mut unnamed = record("write_gate", Some(4));
        unnamed.data = json!({});
        let made = |record: &EventRecord| deed(record, Ok(())).expect("a deed").id;
        let first = made(&unnamed);
        assert_eq!(first, made(&unnamed));
        unnamed.index = 4;
        assert_ne!(first, made(&unnamed));
        unnamed.index = 3;
        unnamed.position = 70_001;
        assert_ne!(first, made(&unnamed));
    }
}
