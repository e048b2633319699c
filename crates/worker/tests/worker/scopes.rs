//! Workers whose tokens are for certain repositories.

use baton_testkit::{ArtifactSink, git::SampleRepository};
use baton_wire::Event;
use baton_worker::WorkerToken;
use serde_json::{Value, json};

use crate::bench::{Bench, connect};

fn request(repository: &str) -> Value {
    json!({ "type": "command", "repository": repository, "task": { "argv": ["true"] } })
}

fn me(repositories: &[&str]) -> Value {
    json!({
        "name": "w", "kind": "worker", "by": "token", "worker": "*", "repositories": repositories,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_for_a_forbidden_repository_is_taken_by_another_worker() {
    let mut bench = Bench::new().await;
    bench.options.token = Some(WorkerToken::new("t1".to_owned()));
    bench.sink.answer("/api/me", me(&["/somewhere/else/*"]));
    let repository = SampleRepository::new();
    let forbidden = bench.work();
    bench.ready().await;
    let run = bench.submit(request(&repository.url())).await;
    // What needs no repository is nobody's to keep from it.
    let free = bench
        .submit(json!({ "type": "command", "task": { "argv": ["true"] } }))
        .await;
    let story = bench.end(free).await;
    assert_eq!(story.leases[0].1.worker, bench.options.worker);
    let sink = ArtifactSink::start().await;
    sink.answer("/api/me", me(&[&format!("{}*", repository.url())]));
    let mut options = bench.options.clone();
    options.worker = "w2".parse().unwrap();
    options.state_dir = bench.state.path().join("w2");
    options.api_url = sink.url();
    let bus = connect(&bench.broker.url()).await;
    let allowed = bench.work_as(bus, options.clone());
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    assert_eq!(story.leases[0].1.worker, options.worker);
    forbidden.leave().await;
    allowed.leave().await;
}
