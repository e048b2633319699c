//! Why a run has not started: what the API tells, against a model of its own.

use std::collections::BTreeSet;

use baton_domain::{Priority, Route, RunSpec, placement::Rule};
use baton_wire::{
    Beat,
    http::{PlacementInfo, TaskRun},
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::{fleet::beat, world::World};

const RUNS: usize = 500;

/// The n-th run: three pools, three priorities, several capabilities and weights.
fn body(n: usize) -> Value {
    let needs = [&[][..], &["gpu"], &["docker"], &[], &["docker", "gpu"]][n % 5];
    let pool = ["a", "b", "c"][n % 3];
    let priority = ["low", "high", "normal", "low"][n % 4];
    let slots = [1, 1, 2, 1, 1, 4, 1][n % 7];
    json!({
        "type": "command",
        "task": {"argv": ["true"]},
        "pool": pool,
        "priority": priority,
        "requiredCapabilities": needs,
        "slots": slots,
    })
}

async fn submit(world: &World, n: usize) -> TaskRun {
    let answer = world.post("/api/task-runs", &body(n)).send().await.unwrap();
    assert!(answer.status().is_success());
    answer.json().await.unwrap()
}

async fn why(world: &World, run: &TaskRun) -> PlacementInfo {
    let path = format!("/api/task-runs/{}/placement", run.id);
    let answer = world.get(&path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// A worker of these pools with these capabilities, slots and free ones.
fn worker(of: &TaskRun, name: &str, pools: &[&str], has: &[&str], slots: u32, free: u32) -> Beat {
    Beat {
        worker: name.parse().unwrap(),
        pools: pools.iter().map(|pool| pool.parse().unwrap()).collect(),
        capabilities: has.iter().map(|name| name.parse().unwrap()).collect(),
        slots,
        free_slots: Some(free),
        runs: Vec::new(),
        ..beat(of)
    }
}

struct Asked {
    route: Route,
    priority: Priority,
    position: u64,
}

impl Asked {
    fn of(run: &TaskRun) -> Self {
        let spec = RunSpec::try_from(&run.request).unwrap();
        Self {
            route: spec.route(),
            priority: spec.priority,
            position: run.position,
        }
    }

    fn is_before(&self, other: &Self) -> bool {
        let same = self.route == other.route && self.priority == other.priority;
        self.priority < other.priority || (same && self.position < other.position)
    }
}

/// What the model says of a worker and a run.
fn expected(worker: &Beat, run: &Asked, all: &[Asked]) -> Rule {
    let needs = run.route.slots.get();
    let free = worker.free_slots.unwrap();
    let could = |route: &Route| {
        worker.pools.contains(&route.pool)
            && route.capabilities.is_subset(&worker.capabilities)
            && route.slots.get() <= free
    };
    if worker.draining {
        Rule::Draining
    } else if !worker.pools.contains(&run.route.pool) {
        Rule::Pool
    } else if !run.route.capabilities.is_subset(&worker.capabilities) {
        Rule::Capabilities
    } else if worker.slots < needs {
        Rule::TooSmall
    } else if free < needs {
        Rule::Busy
    } else if all.iter().any(|it| it.is_before(run) && could(&it.route)) {
        Rule::Behind
    } else {
        Rule::CanTakeNow
    }
}

// W-03
#[tokio::test]
async fn each_of_500_runs_explains_itself_as_the_model_does() {
    let world = World::start().await;
    let numbers = stream::iter(0..RUNS);
    let runs: Vec<TaskRun> = numbers
        .map(|n| submit(&world, n))
        .buffered(32)
        .collect()
        .await;
    let last = runs.iter().map(|run| run.position).max().unwrap();
    world.recorded(last).await;
    let asked: Vec<Asked> = runs.iter().map(Asked::of).collect();
    let mut workers = vec![
        worker(&runs[0], "w-1", &["a"], &[], 4, 4),
        worker(&runs[0], "w-2", &["a", "b"], &["docker", "gpu"], 2, 1),
        worker(&runs[0], "w-3", &["b"], &["gpu"], 1, 1),
        worker(&runs[0], "w-4", &["c"], &["docker", "gpu"], 8, 3),
        worker(&runs[0], "w-5", &["c"], &[], 8, 0),
        worker(&runs[0], "w-6", &["a", "b", "c"], &["docker"], 8, 8),
    ];
    workers[4].draining = true;
    let mut told = BTreeSet::new();
    for (n, (run, asked_for)) in runs.iter().zip(&asked).enumerate() {
        if n.is_multiple_of(50) {
            for beat in &workers {
                world.bus.beat(beat).await.unwrap();
            }
        }
        let why = loop {
            let why = why(&world, run).await;
            if why.workers.len() == workers.len() {
                break why;
            }
        };
        for (worker, verdict) in workers.iter().zip(&why.workers) {
            assert_eq!(worker.worker, verdict.worker);
            let rule = expected(worker, asked_for, &asked);
            assert_eq!(verdict.verdict, rule, "{run:?}: {verdict:?}");
            told.insert(rule);
        }
        let queue = why.queue.unwrap();
        let of_queue = asked.iter().filter(|it| it.route == asked_for.route);
        let ahead = of_queue.filter(|it| it.is_before(asked_for)).count();
        assert_eq!(
            (queue.ahead, queue.position),
            (ahead as u64, ahead as u64 + 1)
        );
        assert!(!why.advice.is_empty());
    }
    assert_eq!(told.len(), 7, "the story has every verdict: {told:?}");
}
