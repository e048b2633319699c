//! Wishes of operators.

use baton_domain::StateName;
use baton_wire::http::ControlEvent;
use serde_json::json;

use crate::world::{World, problem};

// W-12
#[tokio::test]
async fn a_queued_run_ends_when_it_is_cancelled_and_cannot_be_cancelled_again() {
    let world = World::start().await;
    let run = world.submit("in vain").await;
    let path = format!("/api/task-runs/{}/control", run.id);
    let wish = json!({"action": "cancel", "note": "superseded"});
    let response = world
        .post(&path, &wish)
        .header("Baton-Actor", "ada")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);
    let taken: ControlEvent = response.json().await.unwrap();
    assert_eq!((taken.task_run_id, taken.actor.as_str()), (run.id, "ada"));
    assert_eq!(taken.metadata, json!({"note": "superseded"}));

    let ended = world.run(&run).await;
    assert_eq!(ended.state, StateName::Cancelled);
    assert!(ended.finished_at.is_some());
    let events = world
        .events(&run, &format!("after={}", run.position))
        .await
        .events;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, "cancel_requested");
    assert_eq!(events[0].data["note"], "superseded");
    assert_eq!(events[0].source, "ada");

    let refused = problem(world.post(&path, &wish).send().await.unwrap()).await;
    assert_eq!(refused.kind, "urn:baton:problem:conflict");
}
