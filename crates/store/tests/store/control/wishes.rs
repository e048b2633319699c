//! Wishes are read with what answers them.

use baton_domain::{RunId, RunState};
use baton_store::{Batch, ControlFilter, Mark, StoredControlEvent, control_events};
use serde_json::json;

use super::examples::uuid;
use crate::stage::{Stage, at, position, run, through};

// H-03 H-05
#[tokio::test(flavor = "multi_thread")]
async fn a_wish_is_read_with_its_delivery_and_its_effect() {
    let stage = Stage::start().await;
    let id = run().id();
    let deed =
        |n: u64, kind: &str, action: &str, answers: Option<u64>, metadata| StoredControlEvent {
            mark: Mark {
                position: position(n),
                index: 0,
            },
            id: uuid(n),
            run: id,
            attempt: None,
            actor_kind: kind.to_owned(),
            actor: "somebody".to_owned(),
            action: action.to_owned(),
            at: at(n.cast_signed()),
            refusal: (n == 9).then(|| "wrong_state".to_owned()),
            metadata,
            answers: answers.map(uuid),
        };
    let batch = Batch {
        control_events: vec![
            deed(1, "operator", "pause", None, json!({})),
            deed(2, "operator", "resume", None, json!({})),
            deed(3, "operator", "cancel", None, json!({})),
            deed(4, "worker", "control_delivered", Some(1), json!({})),
            deed(5, "worker", "paused", Some(1), json!({})),
            deed(6, "worker", "paused", Some(1), json!({})),
            deed(
                7,
                "worker",
                "control_delivered",
                Some(2),
                json!({"refused": "it is not held"}),
            ),
            deed(9, "worker", "resumed", Some(2), json!({})),
        ],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(10)).await.expect("all fit");
    let page = control_events::after(&stage.store, id, &ControlFilter::default(), None, 50).await;
    let shown = page.expect("a page").events;
    let phases: Vec<_> = shown
        .iter()
        .map(|it| (it.delivered_at, it.effective_at, it.declined.as_deref()))
        .collect();
    assert_eq!(phases[0], (Some(at(4)), Some(at(5)), None));
    // What was refused had no effect.
    assert_eq!(phases[1], (Some(at(7)), None, Some("it is not held")));
    assert!(phases[2..].iter().all(|it| *it == (None, None, None)));
    let events: Vec<_> = shown.into_iter().map(|it| it.event).collect();
    assert_eq!(events, batch.control_events);
}

fn cancel(run: RunId, n: u64) -> StoredControlEvent {
    StoredControlEvent {
        mark: Mark {
            position: position(n),
            index: 0,
        },
        id: uuid(n),
        run,
        attempt: None,
        actor_kind: "operator".to_owned(),
        actor: "somebody".to_owned(),
        action: "cancel".to_owned(),
        at: at(n.cast_signed()),
        refusal: None,
        metadata: json!({}),
        answers: None,
    }
}

// H-03 H-05 H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_hand_back_is_read_with_what_the_agent_and_its_model_have_of_it() {
    let stage = Stage::start().await;
    let id = run().id();
    let worker = |n: u64, action: &str| StoredControlEvent {
        actor_kind: "worker".to_owned(),
        action: action.to_owned(),
        answers: Some(uuid(1)),
        ..cancel(id, n)
    };
    let wish = StoredControlEvent {
        action: "hand_back".to_owned(),
        ..cancel(id, 1)
    };
    let batch = Batch {
        control_events: vec![
            wish,
            worker(2, "control_delivered"),
            worker(3, "takeover_ended"),
            worker(4, "resumed"),
            worker(5, "message_delivered"),
            worker(6, "message_seen"),
        ],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(10)).await.expect("all fit");
    let page = control_events::after(&stage.store, id, &ControlFilter::default(), None, 50).await;
    let shown = &page.expect("a page").events[0];
    let times = [
        shown.delivered_at,
        shown.effective_at,
        shown.handed_over_at,
        shown.seen_at,
    ];
    assert_eq!(times, [2, 3, 5, 6].map(|n| Some(at(n))));
}

// H-03 H-05
#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_has_its_effect_when_its_run_has_ended_by_it() {
    let stage = Stage::start().await;
    let with_end = |state: RunState| {
        let mut run = run();
        run.record.run.state = state;
        run.record.run.cancel_requested_at = Some(at(3));
        run.record.finished_at = Some(at(8));
        run
    };
    let (cancelled, too_late) = (with_end(RunState::Cancelled), with_end(RunState::Succeeded));
    let second = StoredControlEvent {
        refusal: Some("duplicate".to_owned()),
        ..cancel(cancelled.id(), 4)
    };
    // A held run goes on before it ends.
    let resumed = StoredControlEvent {
        actor_kind: "worker".to_owned(),
        action: "resumed".to_owned(),
        answers: Some(uuid(3)),
        ..cancel(cancelled.id(), 5)
    };
    let batch = Batch {
        control_events: vec![
            cancel(cancelled.id(), 3),
            second,
            resumed,
            cancel(too_late.id(), 6),
        ],
        new_runs: vec![cancelled.clone(), too_late.clone()],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(10)).await.expect("all fit");
    let effects = async |run| {
        let filter = ControlFilter {
            action: Some("cancel".to_owned()),
            ..ControlFilter::default()
        };
        let page = control_events::after(&stage.store, run, &filter, None, 50).await;
        let shown = page.expect("a page").events.into_iter();
        shown.map(|it| it.effective_at).collect::<Vec<_>>()
    };
    assert_eq!(effects(cancelled.id()).await, [Some(at(8)), None]);
    assert_eq!(effects(too_late.id()).await, [None]);
}
