//! Everything may come twice.

use baton_recorder::RecorderOptions;
use baton_store::{Batch, StoreError, Through};
use baton_wire::LeaseStep;
use sqlx::Connection as _;

use crate::{
    stage::Stage,
    tables::Tables,
    words::{events, lease, offer, output, run, succeeded, usage},
};

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn a_second_recorder_goes_on_where_the_first_stopped() {
    let stage = Stage::start().await;
    let first = stage.life(run(1)).await;
    let mut recorder = stage.recorder();
    recorder.has_recorded(first).await;
    recorder.stop().await;
    let before = Tables::read(&stage.database).await;
    assert_eq!((before.count("runs"), before.count("events")), (1, 6));

    let mut recorder = stage.recorder();
    recorder.has_recorded(first).await;
    assert_eq!(Tables::read(&stage.database).await, before);
    let second = stage.life(run(2)).await;
    recorder.has_recorded(second).await;
    recorder.stop().await;
    let after = Tables::read(&stage.database).await;
    assert_eq!((after.count("runs"), after.count("events")), (2, 12));
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_ended_after_its_commit_and_before_its_ack_doubles_nothing() {
    let stage = Stage::start().await;
    let last = stage.life(run(1)).await;
    let mut recorder = stage.recorder();
    recorder.has_recorded(last).await;
    // Acknowledgements follow with the next reading: the broker has heard nothing yet.
    recorder.leave_now().await;
    let before = Tables::read(&stage.database).await;

    let mut recorder = stage.recorder();
    recorder.has_recorded(last).await;
    let more = stage.life(run(2)).await;
    recorder.has_recorded(more).await;
    recorder.stop().await;
    let after = Tables::read(&stage.database).await;
    assert_eq!(after.count("events"), before.count("events") * 2);
    assert_eq!(after.count("unreadable"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_stored_twice_is_one_row_also_when_the_run_has_moved_on() {
    let stage = Stage::start().await;
    let id = run(1);
    let said = || events(id, 1, "w1", 1, [usage(10), output("x")]);
    stage.publish(offer(id, 1)).await;
    stage.publish(lease(id, 1, LeaseStep::Taken, "w1")).await;
    stage.publish(said()).await;
    stage.publish(said()).await;
    stage.publish(events(id, 1, "w1", 3, [succeeded()])).await;
    // In a batch of its own, when the attempt is over and the fold remembers no sequence.
    let mut recorder = stage.recorder_with(RecorderOptions {
        batch_messages: 1,
        ..RecorderOptions::default()
    });
    let last = stage.publish(said()).await;
    recorder.has_recorded(last).await;
    recorder.stop().await;
    let tables = Tables::read(&stage.database).await;
    assert_eq!(tables.count("events"), 5);
    let kept = baton_store::runs::get(&stage.store, id).await;
    let kept = kept.expect("the database answers").expect("the run");
    let usage = kept.record.outcome.usage.expect("tokens were counted");
    assert_eq!(usage.input_tokens, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_moved_the_position_is_noticed_and_nothing_is_written() {
    let stage = Stage::start().await;
    let last = stage.life(run(1)).await;
    let mut recorder = stage.recorder();
    recorder.has_recorded(last).await;
    recorder.stop().await;

    let mut writer = stage.store.writer().await.expect("nobody else writes");
    let mut connection = sqlx::PgConnection::connect(&stage.database.url())
        .await
        .expect("the database answers");
    sqlx::query("UPDATE recorder_position SET position = position - 1")
        .execute(&mut connection)
        .await
        .expect("the position can be moved");
    let before = Tables::read(&stage.database).await;
    let through = Through {
        position: last,
        stored_at: crate::words::at(0),
    };
    let refused = writer.write(&Batch::default(), through).await;
    assert!(
        matches!(refused, Err(StoreError::LostOwnership)),
        "{refused:?}"
    );
    assert_eq!(Tables::read(&stage.database).await, before);
}
