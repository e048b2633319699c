//! Drains: wished, listed, taken back.

use baton_domain::{Clock as _, Role, SystemClock};
use baton_wire::http::{DrainInfo, DrainList, WorkerList};
use serde_json::{Value, json};

use crate::{
    fleet::beat,
    world::{Unusual, World, problem},
};

async fn drain(world: &World, body: &Value) -> DrainInfo {
    let (_, ada) = world.operator("ada", Role::Operator).await;
    let asked = world.post("/api/drains", body).bearer_auth(ada);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

async fn undrain(world: &World, scope: &str) -> reqwest::Response {
    let url = world.url(&format!("/api/drains/{scope}?note=done"));
    world.client.delete(url).send().await.unwrap()
}

async fn drained(world: &World) -> Vec<String> {
    let list = world.get("/api/drains").send().await.unwrap();
    let list: DrainList = list.json().await.unwrap();
    list.drains
        .iter()
        .map(|drain| drain.scope.to_string())
        .collect()
}

// W-11
#[tokio::test]
async fn a_scope_is_drained_until_it_is_taken_back_or_its_time_is_over() {
    let world = World::start().await;
    let body = json!({"scope": "pool.gpu", "note": "new driver", "forSeconds": 7200});
    let info = drain(&world, &body).await;
    assert_eq!(
        (info.actor.as_str(), info.note.as_str()),
        ("ada", "new driver")
    );
    let left = info.until.unwrap() - info.since;
    assert_eq!(left.num_seconds(), 7200);
    drain(
        &world,
        &json!({"scope": "fleet", "note": "the database moves"}),
    )
    .await;
    drain(
        &world,
        &json!({"scope": "worker.w-1", "note": "a moment", "forSeconds": 1}),
    )
    .await;
    while drained(&world).await.len() == 3 {
        assert!(SystemClock.now() - info.since < chrono::TimeDelta::seconds(30));
    }
    assert_eq!(drained(&world).await, ["fleet", "pool.gpu"]);
    assert_eq!(undrain(&world, "pool.gpu").await.status(), 204);
    assert_eq!(drained(&world).await, ["fleet"]);
    for scope in ["pool.gpu", "worker.w-1", "worker.nobody", "nonsense"] {
        let refused = problem(undrain(&world, scope).await).await;
        assert_eq!(refused.kind, "urn:baton:problem:not-found", "{scope}");
    }
}

// W-11
#[tokio::test]
async fn a_drain_says_how_many_runs_are_still_held_and_its_workers_say_whose_wish_it_is() {
    let world = World::start().await;
    let run = world.submit("held").await;
    let mut said = beat(&run);
    said.draining = true;
    said.drain = Some(baton_wire::beat::DrainedBy {
        scope: "pool.default".parse().unwrap(),
        note: "new kernel".to_owned(),
        until: None,
    });
    world.bus.beat(&said).await.unwrap();
    let workers = loop {
        let list = world.get("/api/workers").send().await.unwrap();
        let list: WorkerList = list.json().await.unwrap();
        if !list.workers.is_empty() {
            break list.workers;
        }
    };
    let by = workers[0].drain.clone().unwrap();
    assert_eq!(
        (by.scope.as_str(), by.note.as_str()),
        ("pool.default", "new kernel")
    );
    for (scope, expected) in [
        ("pool.default", (1, 1)),
        ("pool.gpu", (0, 0)),
        ("worker.w-1", (1, 1)),
    ] {
        let info = drain(&world, &json!({"scope": scope, "note": "new kernel"})).await;
        assert_eq!((info.workers, info.running), expected, "{scope}");
    }
}

#[tokio::test]
async fn bad_drains_are_refused_by_the_name_of_the_field() {
    let world = World::start().await;
    for (body, field) in [
        (json!({"scope": "pools.gpu", "note": "x"}), "scope"),
        (json!({"scope": "pool.", "note": "x"}), "scope"),
        (json!({"scope": "fleet", "note": " "}), "note"),
        (json!({"scope": "fleet"}), "note"),
        (
            json!({"scope": "fleet", "note": "x", "forSeconds": 0}),
            "forSeconds",
        ),
        (
            json!({"scope": "fleet", "note": "x", "until": "tomorrow"}),
            "until",
        ),
    ] {
        let refused = world.post("/api/drains", &body).send().await.unwrap();
        let refused = problem(refused).await;
        assert_eq!(refused.errors[0].field, field, "{body} {refused:?}");
    }
    assert!(drained(&world).await.is_empty());
}

// W-11: while history is away, a drain is still taken and taken back.
#[tokio::test]
async fn drains_need_the_broker_alone() {
    let unusual = Unusual {
        without_recorder: true,
        ..Unusual::default()
    };
    let world = World::unusual(unusual).await;
    let body = json!({"scope": "fleet", "note": "the database moves"});
    let answer = world.post("/api/drains", &body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["baton-history-delayed"], "true");
    assert_eq!(undrain(&world, "fleet").await.status(), 204);
    assert_eq!(undrain(&world, "fleet").await.status(), 404);
}
