//! The workers, as the API hears them, and the server itself.

use std::collections::BTreeSet;

use baton_domain::{
    Activity, Attempt, Clock as _, PauseCause, Pool, Position, RunType, Stage, SystemClock,
    run::PauseKind,
};
use baton_wire::{
    Beat, Event,
    beat::{HeldRun, HeldStill},
    http::{Health, ServerInfo, TaskRun, WorkerList},
};

use crate::{worker::Holder, world::World};

pub(crate) fn beat(run: &TaskRun) -> Beat {
    Beat {
        worker: "w-1".parse().unwrap(),
        hostname: "host".to_owned(),
        version: "0.1.0".to_owned(),
        started_at: SystemClock.now(),
        at: SystemClock.now(),
        slots: 2,
        free_slots: None,
        pools: BTreeSet::from([Pool::default_pool()]),
        run_types: BTreeSet::from([RunType::Command]),
        capabilities: BTreeSet::new(),
        draining: false,
        drain: None,
        runs: vec![HeldRun {
            run: run.id,
            attempt: Attempt::FIRST,
            lease_position: Position::START,
            stage: Some(Stage::Execute),
            last_seq: None,
            progress: None,
            session: None,
            held: None,
            asking: false,
        }],
    }
}

// W-03
#[tokio::test]
async fn a_running_run_is_shown_with_its_evidence() {
    let world = World::start().await;
    let run = world.submit("held").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    let stage = Stage::Execute;
    let position = holder.say([Event::StageStarted { stage }]).await;
    world.recorded(position).await;
    let lease = world.run(&run).await.lease.unwrap();
    assert_eq!((lease.worker.as_str(), lease.beat_age_ms), ("w-1", None));
    assert_eq!(
        (lease.activity, lease.quiet_for_ms),
        (Activity::Unheard, None)
    );

    world.bus.beat(&beat(&run)).await.unwrap();
    let workers = loop {
        let list = world.get("/api/workers").send().await.unwrap();
        let list: WorkerList = list.json().await.unwrap();
        if !list.workers.is_empty() {
            break list.workers;
        }
    };
    assert_eq!(workers[0].id, "w-1");
    assert_eq!(workers[0].runs[0].id, run.id.to_string());
    assert_eq!(workers[0].runs[0].stage.as_deref(), Some("execute"));
    assert!(workers[0].beat_age_ms < 20_000);
    let lease = world.run(&run).await.lease.unwrap();
    assert!(lease.beat_age_ms.is_some_and(|age| age < 20_000));
    assert_eq!(
        (lease.activity, workers[0].runs[0].activity),
        (Activity::Working, Activity::Working)
    );
    assert!(lease.quiet_for_ms.is_some_and(|quiet| quiet < 20_000));
}

// W-03 H-05
#[tokio::test]
async fn a_held_run_is_called_what_it_is() {
    let world = World::start().await;
    let run = world.submit("held").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    let stage = Stage::Execute;
    let position = holder.say([Event::StageStarted { stage }]).await;
    world.recorded(position).await;
    let still = |cause| {
        Some(HeldStill {
            kind: PauseKind::Checkpoint,
            since: SystemClock.now(),
            cause,
        })
    };
    let postures = [
        (still(None), false, Activity::Paused),
        (still(Some(PauseCause::Scope)), true, Activity::Paused),
        (
            still(Some(PauseCause::Takeover)),
            false,
            Activity::TakenOver,
        ),
        (
            still(Some(PauseCause::Budget)),
            false,
            Activity::AwaitingInput,
        ),
        (None, true, Activity::AwaitingInput),
        (None, false, Activity::Working),
    ];
    for (held, asking, activity) in postures {
        let mut beat = beat(&run);
        (beat.runs[0].held, beat.runs[0].asking) = (held, asking);
        world.bus.beat(&beat).await.unwrap();
        loop {
            let list = world.get("/api/workers").send().await.unwrap();
            let list: WorkerList = list.json().await.unwrap();
            let said = list.workers.first().map(|worker| worker.runs[0].activity);
            if said == Some(activity) {
                break;
            }
        }
        assert_eq!(world.run(&run).await.lease.unwrap().activity, activity);
    }
}

#[tokio::test]
async fn the_server_says_what_it_is_and_how_it_is() {
    let world = World::start().await;
    let info = world.get("/api/info").send().await.unwrap();
    let info: ServerInfo = info.json().await.unwrap();
    assert_eq!(
        (info.name.as_str(), info.version.as_str()),
        ("baton", env!("CARGO_PKG_VERSION"))
    );
    for path in ["/health/live", "/health/ready"] {
        let health = world.get(path).send().await.unwrap();
        assert_eq!(health.status(), 200);
        assert_eq!(health.json::<Health>().await.unwrap().status, "ok");
    }
    let document = world.get("/api/openapi.json").send().await.unwrap();
    assert_eq!(document.text().await.unwrap(), baton_api::openapi_json());
}
