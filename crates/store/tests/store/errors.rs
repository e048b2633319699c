//! What can be waited out is told apart from what cannot.

use baton_domain::RunId;
use baton_store::{Batch, StoreError, runs};
use uuid::Uuid;

use crate::stage::{Stage, run, store, through};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_unavailable_and_comes_back() {
    let mut stage = Stage::start().await;
    let id = RunId::from_uuid(Uuid::now_v7());
    stage.database.kill9().await;
    let away = runs::get(&stage.store, id)
        .await
        .expect_err("nobody answers");
    assert!(away.is_unavailable(), "{away}");
    stage.database.start_again().await;
    let back = runs::get(&stage.store, id).await;
    assert_eq!(back.expect("somebody answers"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_store_cannot_write() {
    let stage = Stage::start().await;
    let reader = store(&stage.database, true);
    let mut writer = reader.writer().await.expect("a lock is no write");
    let refused = writer.write(&Batch::default(), through(1)).await;
    assert!(refused.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_batch_leaves_nothing_and_the_writer_can_go_on() {
    let stage = Stage::start().await;
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    let (good, mut bad) = (run(), run());
    bad.submission.title = "a\0b".to_owned();
    let of = |new_runs| Batch {
        new_runs,
        ..Batch::default()
    };
    let refused = writer.write(&of(vec![good.clone(), bad]), through(2)).await;
    assert!(
        matches!(refused, Err(StoreError::Rejected(_))),
        "{refused:?}"
    );
    let found = runs::get(&stage.store, good.id()).await;
    assert_eq!(found.expect("an answer"), None);
    writer
        .write(&of(vec![good.clone()]), through(2))
        .await
        .expect("a sound batch");
    let found = runs::get(&stage.store, good.id()).await;
    assert_eq!(found.expect("an answer"), Some(good));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_does_not_fit_is_named() {
    let stage = Stage::start().await;
    let run = run();
    stage.keep(run.clone()).await;
    sqlx::query("UPDATE task_runs SET pool = 'Not A Pool'")
        .execute(&mut stage.raw().await)
        .await
        .expect("the table has no rule about it");
    let bad = runs::get(&stage.store, run.id())
        .await
        .expect_err("no pool");
    let said = bad.to_string();
    assert!(said.starts_with("task_runs.pool of "), "{said}");
    assert!(said.contains(&run.id().to_string()), "{said}");
}
