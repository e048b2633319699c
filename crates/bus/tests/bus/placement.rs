//! Five hundred queued runs over three pools, three priorities, mixed capabilities and weights,
//! and workers that differ: every claim is one that the model allows, nobody idles while there is
//! something to take, and all are done. Real broker, real queues; who finishes when is drawn from
//! a seed.

use std::collections::{BTreeMap, BTreeSet};

use baton_bus::{Delivery, OfferScope, OfferSource, Room};
use baton_domain::{Priority, Route, RunId};
use baton_wire::Offer;
use futures::{StreamExt as _, stream};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::house::{House, run, scope, soon};

const RUNS: u128 = 500;

/// What waits, as the model has it: by queue, in the order of submission.
#[derive(Default)]
struct Model {
    queues: BTreeMap<(Priority, Route), Vec<RunId>>,
}

impl Model {
    fn waits_for<'a>(
        &'a self,
        scope: &'a OfferScope,
        free: u32,
    ) -> impl Iterator<Item = &'a (Priority, Route)> {
        let waiting = self.queues.iter().filter(|(_, runs)| !runs.is_empty());
        waiting
            .map(|(queue, _)| queue)
            .filter(move |(_, route)| scope.admits(route) && route.slots.get() <= free)
    }

    /// The priority that the n-th claim of a worker, from 1, takes: the most urgent one that there
    /// is, but for the turns that look at another first.
    fn due(&self, scope: &OfferScope, free: u32, claim: u64) -> Option<Priority> {
        let there: BTreeSet<Priority> = self.waits_for(scope, free).map(|(p, _)| *p).collect();
        let first = match claim {
            n if n % 32 == 0 => Priority::Low,
            n if n % 8 == 0 => Priority::Normal,
            _ => Priority::High,
        };
        if there.contains(&first) {
            Some(first)
        } else {
            there.first().copied()
        }
    }

    /// Takes a claim in, if it is one that the model allows.
    fn claim(&mut self, worker: &Worker, run: RunId) -> Result<u32, String> {
        let due = self.due(&worker.scope, worker.free(), worker.claims + 1);
        let found = self.queues.iter_mut().find(|(_, runs)| runs.contains(&run));
        let ((priority, route), runs) = found.ok_or("it was taken before")?;
        if !worker.scope.admits(route) {
            return Err(format!("{route} is not for this worker"));
        }
        if route.slots.get() > worker.free() {
            return Err(format!("{route} does not fit into {} slots", worker.free()));
        }
        if Some(*priority) != due {
            return Err(format!("{priority} was taken where {due:?} was due"));
        }
        if runs.first() != Some(&run) {
            return Err(format!("an older run waits in {route} {priority}"));
        }
        runs.remove(0);
        Ok(route.slots.get())
    }

    fn is_empty(&self) -> bool {
        self.queues.values().all(Vec::is_empty)
    }
}

/// A worker: a real source of offers, and runs in hand that end when the draw says so.
struct Worker {
    scope: OfferScope,
    slots: u32,
    held: Vec<u32>,
    claims: u64,
    room: watch::Sender<Room>,
    source: OfferSource,
}

impl Worker {
    fn new(house: &House, pools: &[&str], capabilities: &[&str], slots: u32) -> Self {
        let scope = scope(pools, capabilities);
        let room = watch::Sender::new(Room {
            free: slots,
            total: slots,
        });
        Self {
            source: house.bus.offers(scope.clone()).within(room.subscribe()),
            scope,
            slots,
            held: Vec::new(),
            claims: 0,
            room,
        }
    }

    fn free(&self) -> u32 {
        self.slots - self.held.iter().sum::<u32>()
    }

    fn make_known(&self) {
        self.room.send_replace(Room {
            free: self.free(),
            total: self.slots,
        });
    }

    async fn claim(&mut self) -> Delivery<Offer> {
        let token = CancellationToken::new();
        soon(self.source.next(&token))
            .await
            .expect("something that it may take waits")
    }
}

/// 500 runs, each with a route and a priority.
fn draw(runner: &mut TestRunner) -> Vec<(String, Priority)> {
    let pool = prop_oneof!["default", "nightly", "gpu"];
    let kind = prop_oneof![5 => Just("command"), 1 => Just("codex-exec")];
    let weight = prop_oneof![8 => Just(""), 1 => Just("_W2"), 1 => Just("_W3")];
    let capabilities = prop_oneof![4 => Just(""), 1 => Just("_docker"), 1 => Just("_docker_arm")];
    let capabilities = capabilities.prop_map(|all| match all {
        "_docker_arm" => "_arm_docker",
        other => other,
    });
    let priority = prop::sample::select(Priority::ALL);
    let one = (pool, kind, weight, capabilities, priority).prop_map(
        |(pool, kind, weight, capabilities, priority)| {
            (format!("{pool}_{kind}{weight}{capabilities}"), priority)
        },
    );
    let all = prop::collection::vec(one, RUNS as usize);
    all.new_tree(runner).expect("a draw").current()
}

async fn submit(house: &House, runs: &[(String, Priority)]) -> Model {
    let mut model = Model::default();
    for (n, (route, priority)) in (1_u128..).zip(runs) {
        let queue = (*priority, route.parse().expect("a route"));
        model.queues.entry(queue).or_default().push(run(n));
    }
    // One after another in each queue, the queues side by side.
    let numbered = || (1_u128..).zip(runs);
    let offering = model.queues.keys().map(|(priority, route)| async move {
        let route = route.to_string();
        for (n, _) in numbered().filter(|(_, (r, p))| *r == route && p == priority) {
            house.offer(n, &route, *priority).await;
        }
    });
    let () = stream::iter(offering).buffer_unordered(16).collect().await;
    model
}

// W-03
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_runs_go_where_the_model_lets_them() {
    for seed in 1..=3 {
        place(seed).await;
    }
}

/// Submits and places all; whatever is drawn follows from the seed.
async fn place(seed: u8) {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let house = House::start().await;
    let runs = draw(&mut runner);
    let mut model = submit(&house, &runs).await;
    let mut workers = [
        Worker::new(&house, &["default"], &[], 3),
        Worker::new(&house, &["default", "nightly"], &["docker"], 4),
        Worker::new(&house, &["nightly"], &[], 1),
        Worker::new(&house, &["gpu"], &["docker", "arm"], 5),
        Worker::new(
            &house,
            &["default", "nightly", "gpu"],
            &["arm", "docker"],
            3,
        ),
    ];
    let mut rounds = 0;
    while !model.is_empty() || workers.iter().any(|worker| !worker.held.is_empty()) {
        rounds += 1;
        assert!(rounds < 100_000, "no end is in sight");
        let who = (0..workers.len()).new_tree(&mut runner).expect("a draw");
        let worker = &mut workers[who.current()];
        // Nobody idles: whoever has room for something that waits gets something.
        while model
            .waits_for(&worker.scope, worker.free())
            .next()
            .is_some()
        {
            let delivery = worker.claim().await;
            let taken = delivery.value().run;
            let slots = model.claim(worker, taken);
            let slots = slots.unwrap_or_else(|why| {
                panic!("seed {seed}: {taken}, claim {}: {why}", worker.claims + 1)
            });
            delivery.ack().await;
            worker.claims += 1;
            worker.held.push(slots);
            worker.make_known();
        }
        if !worker.held.is_empty() {
            let ends = (0..worker.held.len())
                .new_tree(&mut runner)
                .expect("a draw");
            worker.held.swap_remove(ends.current());
            worker.make_known();
        }
    }
    let claims: u64 = workers.iter().map(|worker| worker.claims).sum();
    assert_eq!(u128::from(claims), RUNS, "each was taken once");
    for worker in &mut workers {
        assert!(worker.claims > 0, "every worker had something to do");
        let token = CancellationToken::new();
        let more = worker.source.next(&token);
        let more = tokio::time::timeout(std::time::Duration::from_millis(100), more).await;
        assert!(more.is_err(), "nothing is left in the queues");
    }
}
