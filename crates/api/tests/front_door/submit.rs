//! Submission and its repetition.

use baton_domain::{Role, RunId, StateName};
use baton_wire::http::TaskRun;
use serde_json::json;

use crate::world::{Unusual, World, command, problem};

// B-01
#[tokio::test]
async fn a_submitted_run_is_found_at_once() {
    let world = World::start().await;
    let response = world
        .post("/api/task-runs", &command())
        .bearer_auth(world.operator("ada", Role::Operator).await.1)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(response.headers().contains_key("baton-history-position"));
    let run: TaskRun = response.json().await.unwrap();
    assert_eq!(location, format!("/api/task-runs/{}", run.id));
    assert_eq!(run.state, StateName::Queued);
    assert_eq!(run.submitted_by.as_str(), "ada");
    assert_eq!(run.title, "true");
    assert_eq!(run.id.as_uuid().get_version_num(), 7);
    assert_eq!(world.run(&run).await, run);

    let page = world.events(&run, "").await;
    let kinds: Vec<_> = page
        .events
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    assert_eq!(kinds, ["submitted"]);
    assert_eq!(page.events[0].effective, Some(true));
    assert_eq!(page.next_after, run.position);
}

// B-01
#[tokio::test]
async fn a_run_that_nobody_has_recorded_is_found_all_the_same() {
    let world = World::unusual(Unusual {
        without_recorder: true,
        ..Unusual::default()
    })
    .await;
    let response = world
        .post("/api/task-runs", &command())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);
    assert_eq!(response.headers()["baton-history-delayed"], "true");
    let run: TaskRun = response.json().await.unwrap();

    let found = world
        .get(&format!("/api/task-runs/{}", run.id))
        .send()
        .await
        .unwrap();
    assert_eq!(found.status(), 200);
    assert_eq!(found.headers()["baton-history-delayed"], "true");
    assert_eq!(found.json::<TaskRun>().await.unwrap(), run);
    assert!(world.events(&run, "").await.events.is_empty());
}

// B-01
#[tokio::test]
async fn a_repeat_under_the_same_key_is_the_first_run() {
    let world = World::start().await;
    let (_, ada) = world.operator("ada", Role::Operator).await;
    let (_, eve) = world.operator("eve", Role::Operator).await;
    let submit = |body: &serde_json::Value, token: &str| {
        world
            .post("/api/task-runs", body)
            .header("Idempotency-Key", "nightly 1")
            .bearer_auth(token)
            .send()
    };
    let first = submit(&command(), &ada).await.unwrap();
    assert_eq!(first.status(), 201);
    assert!(!first.headers().contains_key("idempotency-replayed"));
    let first: TaskRun = first.json().await.unwrap();

    // The same request, spelled in another way.
    let respelled = json!({"task": {"argv": ["true"]}, "priority": null, "type": "command"});
    let again = submit(&respelled, &ada).await.unwrap();
    assert_eq!(again.status(), 200);
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<TaskRun>().await.unwrap().id, first.id);

    let other = json!({"type": "command", "task": {"argv": ["false"]}});
    let refused = problem(submit(&other, &ada).await.unwrap()).await;
    assert_eq!(refused.kind, "urn:baton:problem:idempotency-conflict");

    // A key is its actor's own.
    let eve = submit(&other, &eve).await.unwrap();
    assert_eq!(eve.status(), 201);
    assert_ne!(eve.json::<TaskRun>().await.unwrap().id, first.id);
}

// B-01
#[tokio::test]
async fn a_repeat_is_recognised_by_the_broker_alone() {
    let mut world = World::unusual(Unusual {
        without_recorder: true,
        ..Unusual::default()
    })
    .await;
    world.database.stop().await;
    let submit = |argv: &str| {
        let body = json!({"type": "command", "task": {"argv": [argv]}});
        world
            .post("/api/task-runs", &body)
            .header("Idempotency-Key", "k")
            .send()
    };
    let first = submit("true").await.unwrap();
    assert_eq!(first.status(), 202);
    let first: TaskRun = first.json().await.unwrap();
    let again = submit("true").await.unwrap();
    assert_eq!(again.status(), 200);
    assert_eq!(again.json::<TaskRun>().await.unwrap(), first);
    let refused = problem(submit("false").await.unwrap()).await;
    assert_eq!(refused.kind, "urn:baton:problem:idempotency-conflict");
}

// B-01
#[tokio::test]
async fn twenty_at_once_under_one_key_are_one_run() {
    let world = World::start().await;
    let submissions = (0..20).map(|_| {
        world
            .post("/api/task-runs", &command())
            .header("Idempotency-Key", "race")
            .send()
    });
    let mut ids: Vec<RunId> = Vec::new();
    let mut created = 0;
    for response in futures::future::join_all(submissions).await {
        let response = response.unwrap();
        created += u32::from(response.status() == 201);
        ids.push(response.json::<TaskRun>().await.unwrap().id);
    }
    ids.dedup();
    assert_eq!((ids.len(), created), (1, 1));
}

// B-01
#[tokio::test]
async fn ids_sort_by_submission() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(world.submit(&format!("run {n}")).await.id);
    }
    assert!(ids.is_sorted(), "{ids:?}");
}
