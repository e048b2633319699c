//! The tables are a projection: emptied and filled again from the log, they are the same.

use baton_testkit::git::SampleRepository;
use serde_json::json;

use crate::{
    main_job::{job, script},
    stack::{Plan, Stack, id},
};

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_yields_the_same_tables() {
    let repository = SampleRepository::new();
    let mut stack = Stack::start(Plan {
        script: script(),
        ..Plan::default()
    })
    .await;
    stack.model.release("middle");
    let done = stack.client.submit(&job(&repository)).await;
    let failed = stack
        .client
        .submit(&json!({"type": "command", "task": {"argv": ["false"]}}))
        .await;
    stack.client.ended(&id(&done)).await;
    stack.client.ended(&id(&failed)).await;
    stack.recorder.stop().await;
    let before = stack.rows();
    assert_eq!(before.table("task_runs").len(), 2);

    stack.baton(&["recorder", "--rebuild"]).await;

    assert_eq!(stack.rows(), before);
    stack.recorder.start_again();
    stack.stop().await;
}
