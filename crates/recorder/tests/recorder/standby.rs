//! One records, others stand by.

use baton_recorder::Progress;

use crate::{stage::Stage, tables::Tables, words::run};

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn only_one_records_and_the_standby_takes_over() {
    let stage = Stage::start().await;
    let mut first = stage.recorder();
    first.is(|now| matches!(now, Progress::Recorded(_))).await;
    let mut second = stage.recorder();
    let position = stage.life(run(1)).await;
    first.has_recorded(position).await;
    assert_eq!(*second.progress.borrow(), Progress::StandingBy);

    first.leave_now().await;
    let position = stage.life(run(2)).await;
    second.has_recorded(position).await;
    second.stop().await;
    let tables = Tables::read(&stage.database).await;
    assert_eq!((tables.count("runs"), tables.count("events")), (2, 12));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_can_be_told_to_leave() {
    let stage = Stage::start().await;
    let mut first = stage.recorder();
    first.is(|now| matches!(now, Progress::Recorded(_))).await;
    stage.recorder().stop().await;
    first.stop().await;
}
