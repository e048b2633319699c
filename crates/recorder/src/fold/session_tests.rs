//! What is said about live sessions, folded.

use baton_domain::{SessionStatus, session::ChainLink};
use baton_wire::{ControlCommand, Event, LeaseStep, event::InputTyped};

use super::{
    Stream,
    words::{
        self, attempt, enable, events, granted, input, lease, offer, ready, run, starting,
        succeeded,
    },
};
use baton_store::{Batch, StoredControlEvent};

fn status(batch: &Batch) -> SessionStatus {
    batch.new_runs[0].record.run.session.status()
}

fn deeds(batch: &Batch) -> Vec<(&str, &str, Option<&str>)> {
    let events = batch.control_events.iter();
    events
        .map(|it: &StoredControlEvent| {
            (it.actor.as_str(), it.action.as_str(), it.refusal.as_deref())
        })
        .collect()
}

/// Running, its session ready.
fn watched() -> Stream {
    Stream::running()
        .says(enable(run(1)))
        .says(events(run(1), 1, "w1", 1, [starting(), ready()]))
}

// H-01 H-03
#[test]
fn a_session_is_folded_from_wish_to_end_and_every_deed_is_kept() {
    let batch = watched()
        .says(granted(run(1), 1, 1))
        .says(events(run(1), 1, "w1", 3, [succeeded()]))
        .says(enable(run(1)))
        .fold();
    assert_eq!(status(&batch), SessionStatus::Ended);
    assert_eq!(batch.sessions.len(), 1);
    let expected = [
        ("somebody", "enable_session", None),
        ("w1", "session_starting", None),
        ("w1", "session_ready", None),
        ("ada", "write_granted", None),
        ("somebody", "enable_session", Some("wrong_state")),
    ];
    assert_eq!(deeds(&batch), expected);
    let enabled = &batch.control_events[0].metadata;
    assert_eq!(enabled["provider"], "web");
    // Sealed as it is, it is nobody's to see but in the session's row.
    let text = serde_json::to_string(&(
        batch.events.iter().map(|it| &it.data).collect::<Vec<_>>(),
        batch
            .control_events
            .iter()
            .map(|it| &it.metadata)
            .collect::<Vec<_>>(),
    ));
    assert!(!text.expect("JSON").contains("c2VhbGVk"));
}

// B-05 H-11
#[test]
fn a_grant_counts_only_with_a_rising_fence_in_the_apis_own_words_and_for_this_attempt() {
    let fence = |batch: &Batch| batch.new_runs[0].record.run.session.fence.map(|f| f.get());
    let batch = watched()
        .says(granted(run(1), 1, 4))
        .says(granted(run(1), 1, 4))
        .says(granted(run(1), 1, 3))
        .says(granted(run(1), 2, 5))
        .says({
            let (subject, mut message) = granted(run(1), 1, 6);
            message.fence = baton_domain::Fence::new(7).expect("small");
            (subject, message)
        })
        .fold();
    assert_eq!(fence(&batch), Some(4));
    let refusals: Vec<_> = deeds(&batch)[3..].iter().map(|(.., why)| *why).collect();
    let expected = [
        None,
        Some("stale_fence"),
        Some("stale_fence"),
        Some("other_attempt"),
        Some("other_gate"),
    ];
    assert_eq!(refusals, expected);
}

// H-01
#[test]
fn words_of_workers_that_pass_for_others_are_nobodys_deeds() {
    let mut stream = watched();
    let (subject, _) = events(run(1), 1, "w1", 3, [succeeded()]);
    let body = serde_json::json!({"run": run(1), "attempt": 1, "events": [
        {"seq": 3, "at": words::at(9), "type": "write_granted", "fence": 9, "holder": "eve"},
    ]});
    let body = serde_json::to_vec(&body).expect("JSON");
    stream.raw(&subject.to_string(), body);
    let batch = stream.says(events(run(1), 1, "w2", 1, [starting()])).fold();
    assert_eq!(status(&batch), SessionStatus::Ready);
    assert_eq!(batch.new_runs[0].record.run.session.fence, None);
    let told = deeds(&batch);
    assert_eq!(told[3..], [("w2", "session_starting", Some("not_holder"))]);
}

// H-01
#[test]
fn a_session_that_a_submission_wants_begins_again_with_the_next_attempt() {
    let mut wanted = offer(run(1), 1);
    wanted.1.spec.live_session = Some(words::live_session());
    let batch = Stream::default()
        .says(wanted)
        .says(lease(run(1), 1, LeaseStep::Taken, "w1"))
        .says(events(run(1), 1, "w1", 1, [starting(), ready()]))
        .says(lease(run(1), 1, LeaseStep::Lost, "supervisor"))
        .says(offer(run(1), 2))
        .says(lease(run(1), 2, LeaseStep::Taken, "w2"))
        .fold();
    let session = &batch.new_runs[0].record.run.session;
    assert_eq!(session.status(), SessionStatus::Starting);
    assert_eq!(session.generation().map(|n| n.get()), Some(2));
    let told = deeds(&batch);
    assert_eq!(told[0], ("somebody", "enable_session", None));
    assert_eq!(told[3], ("supervisor", "lease_lost", None));
}

// B-06
#[test]
fn what_is_typed_is_kept_with_its_place_in_the_chain_and_a_break_is_marked() {
    let first = input(run(1), 1, None);
    let second = input(run(1), 2, Some(&first));
    let lost = input(run(1), 3, Some(&second));
    let fourth = input(run(1), 4, Some(&lost));
    let forged = InputTyped {
        text: Some("rm -rf\r".to_owned()),
        ..input(run(1), 5, Some(&fourth))
    };
    let sixth = input(run(1), 6, Some(&forged));
    let typed = [first, second, fourth, forged, sixth].map(Event::InputTyped);
    let batch = watched().says(events(run(1), 1, "w1", 3, typed)).fold();
    let links: Vec<ChainLink> = batch.inputs.iter().map(|input| input.chain).collect();
    let expected = [
        ChainLink::Continues,
        ChainLink::Continues,
        ChainLink::OtherPrevious,
        ChainLink::OtherNumber,
        ChainLink::OtherNumber,
    ];
    assert_eq!(links, expected);
    let chain = batch.new_runs[0].record.run.session.chain(attempt(1));
    assert_eq!(chain.map(|chain| chain.count), Some(5));
    // The run's events tell that something was typed, not what.
    let told = batch.events.last().expect("an event");
    assert_eq!(
        (told.kind.as_str(), &told.data["text"]),
        ("input_typed", &serde_json::Value::Null)
    );
    assert_eq!(told.data["length"], 3);
}

// H-01
#[test]
fn revoking_ends_it_at_once_and_for_the_attempts_to_come() {
    let revoke = ControlCommand::RevokeSession {
        note: Some("seen enough".to_owned()),
    };
    let batch = watched()
        .says(words::wish(run(1), revoke))
        .says(lease(run(1), 1, LeaseStep::Released, "w1"))
        .says(offer(run(1), 2))
        .says(lease(run(1), 2, LeaseStep::Taken, "w2"))
        .fold();
    assert_eq!(status(&batch), SessionStatus::Revoked);
    let told = deeds(&batch);
    assert_eq!(told[3], ("somebody", "revoke_session", None));
    assert_eq!(told[4], ("w1", "lease_released", None));
}
