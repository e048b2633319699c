//! Locks that live and die with a connection.

use std::time::Duration;

use baton_store::LockName;
use tokio::time::timeout;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_has_one_holder_and_the_next_waits_for_its_release() {
    let stage = Stage::start().await;
    let held = stage
        .store
        .lock(LockName::Supervisor)
        .await
        .expect("it is free");
    let second = stage.store.try_lock(LockName::Supervisor).await;
    assert!(second.expect("an answer").is_none());
    let other = stage.store.try_lock(LockName::Recorder).await;
    assert!(other.expect("an answer").is_some());
    let (taken, released) = tokio::join!(stage.store.lock(LockName::Supervisor), held.release());
    released.expect("the database answers");
    taken.expect("it became free");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_lost_with_its_database() {
    let mut stage = Stage::start().await;
    let mut held = stage
        .store
        .lock(LockName::Supervisor)
        .await
        .expect("it is free");
    stage.database.kill9().await;
    let lost = timeout(Duration::from_secs(30), held.lost()).await;
    assert!(lost.expect("it is noticed").is_unavailable());
}
