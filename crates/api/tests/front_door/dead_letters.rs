//! Dead letters: found by cause, tried again.

use baton_domain::{FailureCode, StateName};
use baton_wire::{
    Event,
    http::{DeadLetterPage, RedriveAnswer, TaskRun, TaskRunPage},
};
use serde_json::{Value, json};

use crate::{
    worker::Holder,
    world::{World, command, problem},
};

/// A run that fails once and is dead-lettered, for it may not be tried again.
async fn dead(world: &World, pool: &str, code: FailureCode, message: &str) -> TaskRun {
    let mut body = command();
    body["pool"] = json!(pool);
    body["maxAttempts"] = json!(1);
    let run = world.post("/api/task-runs", &body).send().await.unwrap();
    let run: TaskRun = run.json().await.unwrap();
    let failed = Event::Failed {
        code,
        message: message.to_owned(),
        retryable: true,
    };
    let position = Holder::take(&world.bus, &run).await.say([failed]).await;
    world.recorded(position).await;
    run
}

async fn groups(world: &World, query: &str) -> DeadLetterPage {
    let page = world.get(&format!("/api/dead-letters?{query}"));
    page.send().await.unwrap().json().await.unwrap()
}

async fn redrive(world: &World, body: &Value) -> RedriveAnswer {
    let answer = world.post("/api/dead-letters/redrive", body);
    let answer = answer.send().await.unwrap();
    let dry = body["dryRun"] == json!(true);
    assert_eq!(answer.status(), if dry { 200 } else { 202 });
    answer.json().await.unwrap()
}

// W-12
#[tokio::test]
async fn runs_that_failed_alike_are_one_group_and_are_tried_again_together() {
    let world = World::start().await;
    let mut alike = Vec::new();
    for n in 1..=3 {
        let id = uuid::Uuid::now_v7();
        let message = format!("the agent exited with {n} in /var/lib/runs/{id}/repo: request {id}");
        alike.push(dead(&world, "default", FailureCode::AgentFailed, &message).await);
    }
    dead(
        &world,
        "gpu",
        FailureCode::AgentFailed,
        "the agent exited with 9 in /x: no",
    )
    .await;
    dead(
        &world,
        "gpu",
        FailureCode::LeaseLost,
        "the worker was not heard of",
    )
    .await;

    let page = groups(&world, "").await;
    let told: Vec<_> = page
        .groups
        .iter()
        .map(|g| (g.code.as_str(), g.cause.as_str(), g.count))
        .collect();
    let cause = "the agent exited with # in <path> request #";
    assert_eq!(
        told,
        [
            ("agent_failed", cause, 3),
            ("agent_failed", "the agent exited with # in <path> no", 1),
            ("lease_lost", "the worker was not heard of", 1),
        ]
    );
    let group = &page.groups[0];
    assert_eq!((group.samples[0], group.samples.len()), (alike[2].id, 3));
    assert!(group.message.contains("exited with 3"));
    assert!(group.oldest < group.newest);

    let first = groups(&world, "limit=2&code=agent_failed").await;
    assert_eq!((first.groups.len(), first.next_cursor), (2, None));
    let first = groups(&world, "limit=2").await;
    let cursor = first.next_cursor.unwrap();
    let last = groups(&world, &format!("limit=2&cursor={cursor}")).await;
    assert_eq!((last.groups.len(), last.next_cursor), (1, None));
    assert_eq!(groups(&world, "pool=gpu").await.groups.len(), 2);
    let runs = world.get("/api/dead-letters/runs?code=agent_failed&pool=default&limit=2");
    let runs: TaskRunPage = runs.send().await.unwrap().json().await.unwrap();
    assert_eq!((runs.runs.len(), runs.next_cursor.is_some()), (2, true));

    let asked = json!({"code": "agent_failed", "cause": cause, "limit": 2, "note": "mended", "dryRun": true});
    let would = redrive(&world, &asked).await;
    assert_eq!(
        (&would.redriven, would.remaining),
        (&vec![alike[0].id, alike[1].id], 1)
    );
    assert_eq!(
        world.run(&alike[0]).await.state,
        StateName::DeadLettered,
        "nothing was done"
    );
    let mut asked = asked;
    asked["dryRun"] = json!(false);
    let done = redrive(&world, &asked).await;
    assert_eq!((&done.redriven, done.remaining), (&would.redriven, 1));
    for run in &alike[..2] {
        let run = world.run(run).await;
        assert_eq!((run.state, run.failures), (StateName::RetryScheduled, 0));
    }
    assert_eq!(groups(&world, "").await.groups[0].count, 1);
}

// W-12
#[tokio::test]
async fn runs_are_tried_again_by_id_and_those_that_cannot_be_are_named() {
    let world = World::start().await;
    let letter = dead(&world, "default", FailureCode::AgentFailed, "no").await;
    let queued = world.submit("queued").await;
    let ids = json!({"ids": [letter.id, queued.id, "nonsense", letter.id]});
    let answer = redrive(&world, &ids).await;
    assert_eq!(answer.redriven, [letter.id]);
    let refused: Vec<_> = answer
        .refused
        .iter()
        .map(|r| (r.id.clone(), r.detail.as_str()))
        .collect();
    assert_eq!(
        refused,
        [
            (queued.id.to_string(), "the run is queued"),
            ("nonsense".to_owned(), "there is no such run"),
        ]
    );
    let again = redrive(&world, &json!({"ids": [letter.id]})).await;
    assert_eq!(again.refused[0].detail, "the run is retry_scheduled");
}

#[tokio::test]
async fn a_wish_for_nothing_or_for_everything_is_refused() {
    let world = World::start().await;
    for (body, field) in [
        (json!({}), "ids"),
        (json!({"ids": ["x"], "pool": "gpu"}), "ids"),
        (json!({"code": "broken"}), "code"),
        (json!({"pool": "No Pool"}), "pool"),
        (json!({"pool": "gpu", "limit": 0}), "limit"),
    ] {
        let refused = world.post("/api/dead-letters/redrive", &body);
        let refused = problem(refused.send().await.unwrap()).await;
        assert_eq!(refused.errors[0].field, field, "{body} {refused:?}");
    }
    let refused = problem(world.get("/api/dead-letters?code=x").send().await.unwrap()).await;
    assert_eq!(refused.errors[0].field, "code");
}
