//! Broker or database away.

use std::time::{Duration, Instant};

use baton_domain::StateName;
use baton_wire::http::{Health, TaskRun};
use reqwest::Response;
use serde_json::json;

use crate::{
    sse::Sse,
    worker::{Holder, succeeded},
    world::{World, command, problem},
};

async fn submit(world: &World) -> Response {
    world
        .post("/api/task-runs", &command())
        .header("Idempotency-Key", "again")
        .send()
        .await
        .unwrap()
}

// B-01
#[tokio::test]
async fn without_the_broker_a_submission_is_refused_soon_and_nothing_is_half_done() {
    let mut world = World::impatient().await;
    world.submit("before").await;
    world.broker.stop().await;
    let begun = Instant::now();
    let response = submit(&world).await;
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(response.headers()["retry-after"], "2");
    let said = problem(response).await;
    assert_eq!(said.kind, "urn:baton:problem:broker-unavailable");

    // What is recorded is still shown.
    let list = world.get("/api/task-runs").send().await.unwrap();
    assert_eq!(list.status(), 200);
    let ready = world.get("/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(ready.json::<Health>().await.unwrap().status, "unavailable");

    world.broker.start_again().await;
    let mut up = world.bus.connection();
    up.wait_for(|state| *state == baton_bus::Connection::Up)
        .await
        .unwrap();
    let run: TaskRun = loop {
        let response = submit(&world).await;
        if response.status().is_success() {
            break response.json().await.unwrap();
        }
        assert_eq!(response.status(), 503);
    };
    let again: TaskRun = submit(&world).await.json().await.unwrap();
    assert_eq!(again.id, run.id);
}

// B-01
#[tokio::test]
async fn without_the_database_runs_are_taken_and_history_says_that_it_is_delayed() {
    let mut world = World::impatient().await;
    let before = world.submit("before").await;
    world.database.stop().await;

    let response = world
        .post("/api/task-runs", &command())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);
    assert_eq!(response.headers()["baton-history-delayed"], "true");
    let run: TaskRun = response.json().await.unwrap();
    for path in [
        "/api/task-runs".to_owned(),
        format!("/api/task-runs/{}", before.id),
        format!("/api/task-runs/{}", run.id),
        format!("/api/task-runs/{}/events", before.id),
        format!("/api/task-runs/{}/artifacts", before.id),
    ] {
        let begun = Instant::now();
        let said = problem(world.get(&path).send().await.unwrap()).await;
        assert_eq!(said.kind, "urn:baton:problem:history-unavailable", "{path}");
        assert!(
            said.detail.contains("history is delayed"),
            "{}",
            said.detail
        );
        assert!(
            begun.elapsed() < Duration::from_secs(4),
            "{path} {:?}",
            begun.elapsed()
        );
    }
    let ready = world.get("/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), 200);
    assert_eq!(ready.json::<Health>().await.unwrap().status, "degraded");

    world.database.start_again().await;
    let found = loop {
        let response = world
            .get(&format!("/api/task-runs/{}", run.id))
            .send()
            .await
            .unwrap();
        if response.status() == 200 && !response.headers().contains_key("baton-history-delayed") {
            break response.json::<TaskRun>().await.unwrap();
        }
    };
    assert_eq!(found.state, StateName::Queued);
}

// B-01
#[tokio::test]
async fn a_stream_goes_on_without_the_database_and_the_gap_is_filled_afterwards() {
    let mut world = World::impatient().await;
    let run = world.submit("watched").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    let path = format!("/api/task-runs/{}/events/stream", run.id);
    let mut early = Sse::open(world.get(&path)).await;
    early.records(2).await;
    world.database.stop().await;

    // Who watched before keeps watching, with ids.
    holder.chatter(1).await;
    assert!(early.records(1).await[0].0.is_some());

    // Who comes now sees what happens, without ids: the gap before it is still to be read.
    let mut late = Sse::open(world.get(&path)).await;
    let (before, word) = late.until_history().await;
    assert_eq!((before.len(), word.as_str()), (0, r#"{"delayed":true}"#));
    let last = holder.say([succeeded()]).await;
    let heard = late.records(1).await;
    assert_eq!((heard[0].0, heard[0].1.position), (None, last));

    world.database.start_again().await;
    while late.next().await.is_some() {}
    let mut again = Sse::open(world.get(&path)).await;
    let kinds: Vec<_> = again
        .records(4)
        .await
        .into_iter()
        .map(|(_, record)| record.kind)
        .collect();
    assert_eq!(kinds, ["submitted", "lease_taken", "output", "succeeded"]);
    assert_eq!(early.records(1).await[0].1.position, last);
}

// B-01
#[tokio::test]
async fn a_stream_that_waited_for_history_fills_the_gap_itself() {
    let mut world = World::impatient().await;
    let run = world.submit("watched").await;
    world.database.stop().await;
    let path = format!("/api/task-runs/{}/events/stream", run.id);
    let mut stream = Sse::open(world.get(&path)).await;
    let (before, word) = stream.until_history().await;
    assert_eq!((before.len(), word.as_str()), (0, r#"{"delayed":true}"#));
    world.database.start_again().await;
    let (before, word) = stream.until_history().await;
    assert_eq!((before.len(), word.as_str()), (1, r#"{"delayed":false}"#));
    Holder::take(&world.bus, &run).await;
    assert_eq!(stream.records(1).await[0].1.kind, "lease_taken");
}

// B-01
#[tokio::test]
async fn a_stream_goes_on_after_the_broker_was_away() {
    let mut world = World::impatient().await;
    let run = world.submit("watched").await;
    let path = format!("/api/task-runs/{}/events/stream", run.id);
    let mut stream = Sse::open(world.get(&path)).await;
    stream.records(1).await;
    world.broker.kill9().await;
    world.broker.start_again().await;
    let bus = crate::world::bus(&world.broker).await;
    let mut holder = Holder::take(&bus, &run).await;
    holder.say([succeeded()]).await;
    let kinds: Vec<_> = stream
        .records(2)
        .await
        .into_iter()
        .map(|(_, record)| record.kind)
        .collect();
    assert_eq!(kinds, ["lease_taken", "succeeded"]);
}

// B-01
#[tokio::test]
async fn a_run_can_be_cancelled_before_it_is_recorded() {
    let mut world = World::impatient().await;
    world.stop_recorder().await;
    let response = world
        .post("/api/task-runs", &command())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);
    let run: TaskRun = response.json().await.unwrap();
    let path = format!("/api/task-runs/{}/control", run.id);
    let response = world
        .post(&path, &json!({"action": "cancel"}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);
    assert_eq!(response.headers()["baton-history-delayed"], "true");
    world.start_recorder().await;
    let ended = loop {
        let run = world.run(&run).await;
        if run.state != StateName::Queued {
            break run;
        }
    };
    assert_eq!(ended.state, StateName::Cancelled);
}
