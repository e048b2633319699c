//! Events are kept as they are, or not at all.

use baton_domain::{Attempt, EventSeq, Position, RunId};
use baton_store::{
    Batch, StoreError,
    events::{self, NewEvent},
};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Stage, at, position, through};

fn event(n: u64) -> NewEvent {
    NewEvent {
        position: position(n),
        index: 0,
        run: RunId::from_uuid(Uuid::from_u128(7)),
        attempt: Some(Attempt::FIRST),
        seq: EventSeq::new(n).ok(),
        source: "w1".to_owned(),
        kind: "output".to_owned(),
        at: at(0),
        refusal: None,
        data: json!({"offset": n, "text": "some"}),
    }
}

fn batch(events: Vec<NewEvent>) -> Batch {
    Batch {
        events,
        ..Batch::default()
    }
}

async fn kept(stage: &Stage) -> Vec<NewEvent> {
    let page = events::after_of_all(&stage.store, Position::START, 10_000).await;
    page.expect("an answer").events
}

/// So many are copied in; fewer are inserted.
const MANY: u64 = 64;

/// These, and so many after them that all are copied in.
fn among_many(mut events: Vec<NewEvent>) -> Vec<NewEvent> {
    events.extend((10..10 + MANY).map(event));
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_read_as_they_were_written() {
    let of_nobody = NewEvent {
        attempt: None,
        seq: None,
        source: "Änne & 'co' \"\\N\"\t".to_owned(),
        kind: String::new(),
        refusal: Some("wrong_state".to_owned()),
        data: Value::Null,
        ..event(1)
    };
    let early = NewEvent {
        at: DateTime::UNIX_EPOCH + TimeDelta::microseconds(1),
        data: json!({"text": "line\nÜ\u{1f600}\\\"", "deep": [[{"n": -1.5e-3}], true, null]}),
        ..event(2)
    };
    let late = NewEvent {
        index: i16::MAX.cast_unsigned(),
        at: at(253_402_300_799 - 1_780_000_000) + TimeDelta::microseconds(999_999),
        seq: EventSeq::new(i32::MAX.cast_unsigned().into()).ok(),
        ..event(3)
    };
    let few = vec![of_nobody, early, late];
    for written in [few.clone(), among_many(few)] {
        let stage = Stage::start().await;
        let mut writer = stage.store.writer().await.expect("nobody else writes");
        let done = writer.write(&batch(written.clone()), through(80)).await;
        done.expect("sound events");
        assert_eq!(kept(&stage).await, written);
    }
}

/// More than is sent at once.
fn many(from: u64) -> Vec<NewEvent> {
    let long = |n| NewEvent {
        data: json!({"text": "x".repeat(4_000)}),
        ..event(n)
    };
    (from..from + MANY).map(long).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_long_events_are_kept_and_one_that_is_refused_keeps_all_of_its_batch_out() {
    let stage = Stage::start().await;
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    for broken in [0, 30, 63] {
        let mut events = many(1);
        events[broken].kind = "a\0b".to_owned();
        let refused = writer.write(&batch(events), through(MANY)).await;
        assert!(
            matches!(refused, Err(StoreError::Rejected(_))),
            "{refused:?}"
        );
        assert_eq!(kept(&stage).await, []);
    }
    let done = writer.write(&batch(many(1)), through(MANY)).await;
    done.expect("sound events");
    assert_eq!(kept(&stage).await, many(1));
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_kept_already_is_left_out_and_the_others_are_kept() {
    let again = NewEvent {
        seq: EventSeq::new(1).ok(),
        ..event(3)
    };
    let few = vec![event(2), again.clone(), event(4)];
    for written in [few.clone(), among_many(few)] {
        let stage = Stage::start().await;
        let mut writer = stage.store.writer().await.expect("nobody else writes");
        let done = writer.write(&batch(vec![event(1)]), through(1)).await;
        done.expect("sound events");
        let done = writer.write(&batch(written.clone()), through(80)).await;
        done.expect("a repeat is no fault");
        let mut left = vec![event(1)];
        left.extend(written.into_iter().filter(|event| *event != again));
        assert_eq!(kept(&stage).await, left);
    }
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_given_up_on_leaves_nothing_and_the_next_writer_goes_on() {
    let stage = Stage::start().await;
    let mut holder = stage.raw().await;
    for sql in [
        "BEGIN",
        "LOCK TABLE task_run_events IN SHARE ROW EXCLUSIVE MODE",
    ] {
        let done = sqlx::query(sql).execute(&mut holder).await;
        done.expect("the database does it");
    }
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    let events = batch(many(1));
    tokio::select! {
        done = writer.write(&events, through(MANY)) => panic!("{done:?}"),
        () = somebody_waits(&stage) => {}
    }
    drop(writer);
    drop(holder);
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    assert_eq!(writer.reached().position, Position::START);
    let done = writer.write(&events, through(MANY)).await;
    done.expect("sound events");
    assert_eq!(kept(&stage).await, many(1));
}

/// Returns when a copy waits for the table.
async fn somebody_waits(stage: &Stage) {
    let mut connection = stage.raw().await;
    loop {
        let waits = sqlx::query(
            "SELECT FROM pg_stat_activity
             WHERE wait_event_type = 'Lock' AND query LIKE 'COPY task_run_events%'",
        )
        .fetch_optional(&mut connection)
        .await;
        if waits.expect("the database answers").is_some() {
            return;
        }
        tokio::task::yield_now().await;
    }
}
