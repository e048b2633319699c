//! Wishes of operators.

use baton_domain::{FailureCode, Role, StateName};
use baton_wire::{
    Event,
    http::{ControlEvent, TaskRun},
};
use serde_json::json;

use crate::{
    worker::Holder,
    world::{World, problem},
};

// W-12
#[tokio::test]
async fn a_queued_run_ends_when_it_is_cancelled_and_cannot_be_cancelled_again() {
    let world = World::start().await;
    let run = world.submit("in vain").await;
    let path = format!("/api/task-runs/{}/control", run.id);
    let wish = json!({"action": "cancel", "note": "superseded"});
    let response = world
        .post(&path, &wish)
        .bearer_auth(world.operator("ada", Role::Operator).await.1)
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

/// Wishes something of a run; the answer's status.
async fn wish(world: &World, run: &TaskRun, action: &str) -> u16 {
    let path = format!("/api/task-runs/{}/control", run.id);
    let body = json!({"action": action, "note": "by hand"});
    let response = world.post(&path, &body).send().await.unwrap();
    response.status().as_u16()
}

fn failed(retryable: bool) -> Event {
    Event::Failed {
        code: FailureCode::AgentFailed,
        message: "it broke".to_owned(),
        retryable,
    }
}

// W-12
#[tokio::test]
async fn a_run_that_failed_is_tried_again_and_no_other() {
    let world = World::start().await;
    let run = world.submit("again").await;
    assert_eq!(wish(&world, &run, "redrive").await, 409, "it is queued");
    let mut holder = Holder::take(&world.bus, &run).await;
    let position = holder.say([failed(false)]).await;
    world.recorded(position).await;
    assert_eq!(world.run(&run).await.state, StateName::Failed);

    assert_eq!(wish(&world, &run, "redrive").await, 202);
    let again = world.run(&run).await;
    assert_eq!(
        (again.state, again.failures, again.finished_at),
        (StateName::RetryScheduled, 0, None)
    );
    assert!(again.due_at.is_some());
    assert_eq!(
        again.error.map(|error| error.code).as_deref(),
        Some("agent_failed")
    );
    let events = world
        .events(&run, &format!("after={position}"))
        .await
        .events;
    assert_eq!(
        (events[0].kind.as_str(), events[0].effective),
        ("redriven", Some(true))
    );
    assert_eq!(events[0].data["note"], "by hand");
    assert_eq!(wish(&world, &run, "redrive").await, 409, "it waits already");
}

// W-12
#[tokio::test]
async fn a_lease_is_taken_away_from_its_holder_only_where_there_is_one() {
    let world = World::start().await;
    let run = world.submit("held").await;
    assert_eq!(
        wish(&world, &run, "release_lease").await,
        409,
        "nobody holds it"
    );
    let mut holder = Holder::take(&world.bus, &run).await;
    let position = holder.say([failed(true)]).await;
    world.recorded(position).await;
    assert_eq!(
        wish(&world, &run, "release_lease").await,
        409,
        "it waits for its retry"
    );

    let run = world.submit("held").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    let position = holder.chatter(1).await;
    world.recorded(position).await;
    assert_eq!(wish(&world, &run, "release_lease").await, 202);
    let events = world
        .events(&run, &format!("after={position}"))
        .await
        .events;
    let told = (events[0].kind.as_str(), events[0].effective);
    assert_eq!(told, ("release_requested", Some(true)));
    assert_eq!(
        world.run(&run).await.state,
        StateName::Running,
        "until the supervisor comes"
    );
    let path = format!("/api/task-runs/{}/control", run.id);
    let odd = json!({"action": "dance"});
    let refused = problem(world.post(&path, &odd).send().await.unwrap()).await;
    assert_eq!(refused.errors[0].field, "action");
}
