//! Broker and database go and come back; messages that nobody can read.

use baton_recorder::{Progress, RecorderError};
use baton_store::PositionFeed;
use sqlx::Connection as _;

use crate::{
    stage::{Access, Stage, store},
    tables::Tables,
    words::{events, offer, output, run},
};

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_the_database_is_away() {
    let mut stage = Stage::start().await;
    let mut recorder = stage.recorder();
    let position = stage.life(run(1)).await;
    recorder.has_recorded(position).await;

    stage.database.kill9().await;
    let position = stage.life(run(2)).await;
    recorder.is(|now| now == Progress::StandingBy).await;
    stage.database.start_again().await;
    recorder.has_recorded(position).await;
    recorder.stop().await;
    let tables = Tables::read(&stage.database).await;
    assert_eq!((tables.count("runs"), tables.count("events")), (2, 12));
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_the_broker_is_killed() {
    let mut stage = Stage::start().await;
    let mut recorder = stage.recorder();
    for n in 1..=5 {
        stage.life(run(n)).await;
    }
    stage.broker.kill9().await;
    stage.broker.start_again().await;
    let mut last = baton_domain::Position::START;
    for n in 6..=10 {
        last = stage.life(run(n)).await;
    }
    recorder.has_recorded(last).await;
    recorder.stop().await;
    let tables = Tables::read(&stage.database).await;
    assert_eq!((tables.count("runs"), tables.count("events")), (10, 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_read_or_keep_stops_nothing() {
    let stage = Stage::start().await;
    let mut recorder = stage.recorder();
    stage.publish((offer(run(1), 1).0, "no offer")).await;
    // Readable, but longer than an index takes; it shares its batch with good messages.
    let (subject, mut body) = offer(run(2), 1);
    body.idempotency_key = Some((0..9000).map(|n| format!("{n:x}")).collect());
    body.request_digest = Some("00".repeat(32));
    stage.publish((subject, body)).await;
    let position = stage.life(run(3)).await;
    recorder.has_recorded(position).await;
    recorder.stop().await;
    let tables = Tables::read(&stage.database).await;
    assert_eq!((tables.count("runs"), tables.count("unreadable")), (1, 2));
    assert_eq!(tables.count("events"), 6);
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_position_is_woken_and_told_when_the_database_is_away() {
    let mut stage = Stage::start().await;
    let feed = PositionFeed::start(&store(&stage.database, Access::ReadOnly));
    let mut recorder = stage.recorder();
    let position = stage.life(run(1)).await;
    let reached = feed.reached(position);
    let patience = std::time::Duration::from_secs(30);
    tokio::time::timeout(patience, reached)
        .await
        .expect("in time");

    stage.database.kill9().await;
    let mut history = feed.subscribe();
    let down = history.wait_for(|known| !known.is_up());
    let down = tokio::time::timeout(patience, down).await.expect("in time");
    assert_eq!(down.expect("the feed lives").position(), position);
    stage.database.start_again().await;
    let position = stage
        .publish(events(run(1), 1, "w1", 9, [output("late")]))
        .await;
    let reached = feed.reached(position);
    tokio::time::timeout(patience, reached)
        .await
        .expect("in time");
    recorder.has_recorded(position).await;
    recorder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_lost_its_last_messages_and_counts_on_is_refused() {
    let stage = Stage::start().await;
    let position = stage.life(run(1)).await;
    let mut recorder = stage.recorder();
    recorder.has_recorded(position).await;
    recorder.stop().await;
    // As if the message recorded at this position had been another one.
    let mut connection = sqlx::PgConnection::connect(&stage.database.url())
        .await
        .expect("the database answers");
    sqlx::query("UPDATE recorder_position SET stored_at = stored_at - interval '1 s'")
        .execute(&mut connection)
        .await
        .expect("the row can be changed");
    stage.life(run(2)).await;
    let refused = stage.recorder().end().await.expect_err("another message");
    assert!(
        matches!(refused, RecorderError::OtherMessage { recorded } if recorded == position),
        "{refused}"
    );
    assert_eq!(Tables::read(&stage.database).await.count("runs"), 1);
}
