//! The golden examples: what was once sent can be read for ever, and is written the same way.
//! An example is never changed or removed; a new kind of message brings a new one.

use std::{collections::BTreeSet, fs, path::Path};

use baton_domain::{RunSpec, WorkerId};
use baton_wire::{Beat, Decoded, Event, Inquiry, Offer, Standings, Subject, TaskRunRequest};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

fn golden(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(folder);
    let mut examples = Vec::new();
    for entry in fs::read_dir(&folder).expect("the folder of examples") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ext| ext == "json") {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let text = fs::read_to_string(&path).expect("an example");
            examples.push((name, text));
        }
    }
    examples.sort();
    examples
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// What is read and written again.
fn again<T: DeserializeOwned + Serialize>(name: &str, text: &str) -> Value {
    let read: T = serde_json::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    serde_json::to_value(read).expect("JSON")
}

/// Where a message of this name is published.
fn subject(name: &str, body: &Value) -> Option<Subject> {
    let worker: WorkerId = "builder-1".parse().expect("a worker id");
    if name.starts_with("drain-") || name.starts_with("undrain-") {
        let scope = body["scope"].as_str()?.parse().expect("a scope");
        return Some(Subject::Drain { scope });
    }
    let run = body["run"].as_str()?.parse().expect("a run id");
    Some(match name.split('-').next()? {
        "offer" => Subject::Offer {
            run,
            route: "default_codex-exec_docker".parse().expect("a route"),
            priority: "high".parse().expect("a priority"),
        },
        "lease" => Subject::Lease { run, worker },
        "control" => Subject::Control { run },
        "grant" => Subject::Grant { run },
        "event" => Subject::Events { run, worker },
        _ => return None,
    })
}

fn decoded(name: &str, text: &str) -> Option<Decoded> {
    let subject = subject(name, &value(text))?;
    let (read, decoded) = Decoded::read(&subject.to_string(), text.as_bytes())
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(read, subject);
    Some(decoded)
}

#[test]
fn every_example_is_read_and_written_again_as_it_was() {
    let examples = golden("");
    assert!(examples.len() >= 101, "examples were removed");
    for (name, text) in &examples {
        let written = match decoded(name, text) {
            Some(Decoded::Offer(offer)) => serde_json::to_value(offer).expect("JSON"),
            Some(Decoded::Lease(lease)) => serde_json::to_value(lease).expect("JSON"),
            Some(Decoded::Control(control)) => serde_json::to_value(control).expect("JSON"),
            Some(Decoded::Events(events, raw)) => {
                assert_eq!(Value::Array(raw), value(text)["events"], "{name}");
                serde_json::to_value(events).expect("JSON")
            }
            Some(Decoded::Grant(grant)) => serde_json::to_value(grant).expect("JSON"),
            Some(Decoded::Drain(drain)) => serde_json::to_value(drain).expect("JSON"),
            None if name.starts_with("request-") => again::<TaskRunRequest>(name, text),
            None if name.starts_with("beat") => again::<Beat>(name, text),
            None if name == "desk-inquiry" => again::<Inquiry>(name, text),
            None if name == "desk-standings" => again::<Standings>(name, text),
            None => panic!("{name} is of no known kind"),
        };
        assert_eq!(written, value(text), "{name}");
    }
}

#[test]
fn every_kind_of_event_has_an_example() {
    let mut shown = BTreeSet::new();
    for (name, text) in golden("") {
        if let Some(Decoded::Events(message, _)) = decoded(&name, &text) {
            shown.extend(message.events.iter().map(|reported| kind(&reported.event)));
        }
    }
    // One more than here means that `kind` has a new line, and this number with it.
    assert_eq!(shown.len(), 48, "{shown:?}");
    assert!(!shown.contains("unknown"));
}

/// Complete by the compiler: a new event does not pass without a line here.
const fn kind(event: &Event) -> &'static str {
    match event {
        Event::StageStarted { .. } => "stage_started",
        Event::StageFinished { .. } => "stage_finished",
        Event::CheckedOut { .. } => "checked_out",
        Event::AgentStarted { .. } => "agent_started",
        Event::AgentExited { .. } => "agent_exited",
        Event::CommandStarted { .. } => "command_started",
        Event::CommandFinished { .. } => "command_finished",
        Event::AgentMessage { .. } => "agent_message",
        Event::FilesChanged { .. } => "files_changed",
        Event::Usage { .. } => "usage",
        Event::Warning { .. } => "warning",
        Event::Output { .. } => "output",
        Event::OutputTruncated { .. } => "output_truncated",
        Event::PatchWritten { .. } => "patch_written",
        Event::ArtifactStored { .. } => "artifact_stored",
        Event::BranchPushed { .. } => "branch_pushed",
        Event::PullRequestOpened { .. } => "pull_request_opened",
        Event::PublishSkipped { .. } => "publish_skipped",
        Event::Paused { .. } => "paused",
        Event::Resumed(_) => "resumed",
        Event::ControlDelivered(_) => "control_delivered",
        Event::TakeoverBegan(_) => "takeover_began",
        Event::TakeoverEnded(_) => "takeover_ended",
        Event::MessageDelivered(_) => "message_delivered",
        Event::MessageSeen(_) => "message_seen",
        Event::MessageDropped(_) => "message_dropped",
        Event::OperatorNeeded(_) => "operator_needed",
        Event::OperatorNotNeeded(_) => "operator_not_needed",
        Event::BudgetReached(_) => "budget_reached",
        Event::BudgetRaised(_) => "budget_raised",
        Event::Adopted { .. } => "adopted",
        Event::AgentFrozen { .. } => "agent_frozen",
        Event::AgentThawed { .. } => "agent_thawed",
        Event::CancelStep { .. } => "cancel_step",
        Event::SessionStarting(_) => "session_starting",
        Event::SessionReady(_) => "session_ready",
        Event::SessionLinksChanged(_) => "session_links_changed",
        Event::SessionHealth(_) => "session_health",
        Event::SessionHeartbeat(_) => "session_heartbeat",
        Event::SessionEnded(_) => "session_ended",
        Event::SessionRevoked(_) => "session_revoked",
        Event::SessionFailed(_) => "session_failed",
        Event::WriteGate(_) => "write_gate",
        Event::WriteEnded(_) => "write_ended",
        Event::InputTyped(_) => "input_typed",
        Event::Succeeded { .. } => "succeeded",
        Event::Failed { .. } => "failed",
        Event::Cancelled => "cancelled",
        Event::Unknown => "unknown",
    }
}

// An old reader meets a newer writer.
#[test]
fn what_a_later_version_adds_is_passed_over_and_kept() {
    for (name, text) in golden("later") {
        match decoded(&name, &text) {
            Some(Decoded::Events(message, raw)) => {
                assert_eq!(message.events[0].event, Event::Unknown);
                assert_eq!(raw[0]["to"], "rain");
                assert_eq!(raw[1]["level"], 3);
            }
            Some(_) => {}
            None => panic!("{name} is of no known kind"),
        }
    }
}

#[test]
fn the_requests_of_the_examples_pass_their_checks() {
    for (name, text) in golden("") {
        let request = match name.split('-').next() {
            Some("request") => serde_json::from_str(&text).expect("a request"),
            Some("offer") => serde_json::from_str::<Offer>(&text).expect("an offer").spec,
            _ => continue,
        };
        let spec = RunSpec::try_from(&request);
        assert!(spec.is_ok(), "{name}: {spec:?}");
    }
}

#[test]
fn a_message_that_is_not_what_its_subject_promises_is_refused() {
    let examples = golden("");
    let (_, lease) = examples
        .iter()
        .find(|(n, _)| n == "lease-taken")
        .expect("an example");
    let run = value(lease)["run"].as_str().expect("a run").to_owned();
    let shard = run.chars().last().expect("a digit");
    let read = |subject: &str, body: &str| Decoded::read(subject, body.as_bytes());
    let good = format!("baton.v1.run.{shard}.{run}.lease.builder-1");
    assert!(read(&good, lease).is_ok());
    let other = "baton.v1.run.1.00000000-0000-7000-8000-000000000001.lease.builder-1";
    let refused = read(other, lease).unwrap_err().to_string();
    assert!(refused.contains("another run"), "{refused}");
    for (subject, body) in [
        (good.as_str(), "{}"),
        (good.as_str(), "no JSON"),
        (good.as_str(), ""),
        (&good.replace(".lease.", ".evt."), lease),
        (&good.replace(".lease.", ".wish."), lease),
        ("baton.v1.beat.builder-1", lease),
        ("elsewhere", lease),
    ] {
        assert!(read(subject, body).is_err(), "{subject} {body}");
    }
    let none = format!(r#"{{"run":"{run}","attempt":1,"events":[]}}"#);
    assert!(read(&good.replace(".lease.", ".evt."), &none).is_err());
}
