//! Wishes of operators.

use baton_domain::{FailureCode, Role, StateName};
use baton_wire::{
    Event,
    http::{ControlEvent, TaskRun},
};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::{
    fleet::beat,
    worker::Holder,
    world::{Unusual, World, command, problem},
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

/// Asks for a wish about a run under a key.
async fn under_key(world: &World, path: &str, body: &Value, key: &str) -> reqwest::Response {
    let asked = world.post(path, body).header("Idempotency-Key", key);
    asked.send().await.unwrap()
}

// H-05
#[tokio::test]
async fn a_wish_under_a_key_is_one_wish_however_often_it_is_asked_for() {
    let world = World::start().await;
    let run = world.submit("twice").await;
    let path = format!("/api/task-runs/{}/control", run.id);
    let cancel = json!({"action": "cancel", "note": "wrong one"});
    let first = under_key(&world, &path, &cancel, "k1").await;
    assert_eq!(first.status(), 202);
    assert!(first.headers().get("idempotency-replayed").is_none());
    let first: ControlEvent = first.json().await.unwrap();
    assert_eq!(world.run(&run).await.state, StateName::Cancelled);

    let again = under_key(&world, &path, &cancel, "k1").await;
    assert_eq!(again.status(), 202, "although the run has ended by now");
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    let mut again: ControlEvent = again.json().await.unwrap();
    // The database keeps microseconds.
    again.created_at = first.created_at;
    assert_eq!(again, first);
    let other = json!({"action": "cancel", "note": "another reason"});
    let other = problem(under_key(&world, &path, &other, "k1").await).await;
    assert_eq!(other.kind, "urn:baton:problem:idempotency-conflict");
    let new = problem(under_key(&world, &path, &cancel, "k2").await).await;
    assert_eq!(new.kind, "urn:baton:problem:conflict");
    let events = world.events(&run, "").await.events;
    let told = events.iter().filter(|e| e.kind == "cancel_requested");
    assert_eq!(told.count(), 1);
}

// H-05: while the recorder is away, the broker itself knows what was said before.
#[tokio::test]
async fn a_wish_under_a_key_is_one_wish_also_before_it_is_recorded() {
    let world = World::unusual(Unusual {
        without_recorder: true,
        ..Unusual::default()
    })
    .await;
    let run = world.post("/api/task-runs", &command()).send().await;
    let run: TaskRun = run.unwrap().json().await.unwrap();
    let path = format!("/api/task-runs/{}/control", run.id);
    let pause = json!({"action": "pause", "mode": "hard"});
    let first = under_key(&world, &path, &pause, "k").await;
    assert_eq!(first.headers()["baton-history-delayed"], "true");
    let first: ControlEvent = first.json().await.unwrap();
    let again = under_key(&world, &path, &pause, "k").await;
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<ControlEvent>().await.unwrap(), first);
    let other = under_key(&world, &path, &json!({"action": "pause"}), "k").await;
    let other = problem(other).await;
    assert_eq!(other.kind, "urn:baton:problem:idempotency-conflict");
}

// H-05
#[tokio::test]
async fn every_wish_is_kept_with_all_that_it_says_and_told_to_whoever_holds_the_run() {
    let world = World::start().await;
    let run = world.submit("held").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    let position = holder.chatter(1).await;
    world.recorded(position).await;
    let worker = "w-1".parse().unwrap();
    let mut handed = world.bus.steering(&worker).await.unwrap();
    world.bus.beat(&beat(&run)).await.unwrap();
    while world.run(&run).await.lease.unwrap().beat_age_ms.is_none() {}

    let path = format!("/api/task-runs/{}/control", run.id);
    let wish = json!({
        "action": "takeover", "note": "mine", "deadlineSeconds": 5, "expiresAfterSeconds": 600,
    });
    let taken = world.post(&path, &wish).send().await.unwrap();
    assert_eq!(taken.status(), 202);
    let taken: ControlEvent = taken.json().await.unwrap();
    let said = json!({"deadlineSeconds": 5, "expiresAfterSeconds": 600, "note": "mine"});
    assert_eq!(
        (taken.action.as_str(), &taken.metadata),
        ("takeover", &said)
    );
    let heard = handed.next().await.unwrap();
    assert_eq!((heard.id, heard.run), (taken.id, run.id));
    let events = world
        .events(&run, &format!("after={position}"))
        .await
        .events;
    let told = &events[0];
    assert_eq!(
        (told.kind.as_str(), told.source.as_str()),
        ("takeover_requested", "root")
    );
    assert_eq!(told.data["expiresAfterSeconds"], 600);
}

// H-05: what viewers may do is look.
#[tokio::test]
async fn viewers_wish_for_nothing() {
    let world = World::start().await;
    let run = world.submit("watched").await;
    let (_, eve) = world.operator("eve", Role::Viewer).await;
    for (path, body) in [
        ("control", json!({"action": "pause"})),
        ("operator-messages", json!({"message": "hello"})),
    ] {
        let path = format!("/api/task-runs/{}/{path}", run.id);
        let asked = world.post(&path, &body).bearer_auth(&eve);
        let refused = problem(asked.send().await.unwrap()).await;
        assert_eq!(refused.kind, "urn:baton:problem:forbidden", "{path}");
    }
    let read = world.get("/metrics").bearer_auth(&eve);
    assert_eq!(read.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn wishes_are_counted_by_what_became_of_them() {
    let world = World::start().await;
    let run = world.submit("counted").await;
    assert_eq!(wish(&world, &run, "pause").await, 202);
    assert_eq!(wish(&world, &run, "cancel").await, 202);
    assert_eq!(wish(&world, &run, "cancel").await, 409);
    let answer = world.get("/metrics").send().await.unwrap();
    let media_type = answer.headers()["content-type"].to_str().unwrap();
    assert!(media_type.starts_with("text/plain; version=0.0.4"));
    let text = answer.text().await.unwrap();
    for line in [
        "# TYPE baton_control_requests_total counter",
        "baton_control_requests_total{action=\"pause\",outcome=\"kept\"} 1",
        "baton_control_requests_total{action=\"cancel\",outcome=\"kept\"} 1",
        "baton_control_requests_total{action=\"cancel\",outcome=\"refused\"} 1",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}: {text}");
    }
}
