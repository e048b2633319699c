//! The permission templates: every role can do its work with them, and nobody else's.

use std::{collections::BTreeMap, fs, path::Path, pin::pin};

use baton_bus::{Bus, BusOptions, Credentials, Fence, Patience, PublishError, TailStart};
use baton_domain::{Attempt, Position, Priority, Route};
use baton_testkit::TestBroker;
use baton_wire::{Beat, LeaseStep, MessageId, Subject};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::house::{at, events, lease, offer, run, scope, soon, worker};

const ROUTE: &str = "default_command";

/// A broker whose users have the permissions of the templates.
async fn guarded() -> TestBroker {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../nats/permissions");
    let values = BTreeMap::from([
        ("instance", "1"),
        ("worker", "w1"),
        ("supervisor", "s1"),
        ("service", "svc"),
        ("route", ROUTE),
    ]);
    let mut users = Vec::new();
    for entry in fs::read_dir(folder).expect("the templates") {
        let path = entry.expect("an entry").path();
        let mut text = fs::read_to_string(&path).expect("a template");
        let template: Value = serde_json::from_str(&text).expect("JSON");
        for name in template["placeholders"].as_array().expect("placeholders") {
            let name = name.as_str().expect("a name");
            text = text.replace(&format!("{{{name}}}"), values[name]);
        }
        assert!(!text.contains("{}") && !text.contains("-{"), "{text}");
        let template: Value = serde_json::from_str(&text).expect("JSON");
        users.push(json!({
            "user": template["role"],
            "password": "secret",
            "permissions": {"publish": template["publish"], "subscribe": template["subscribe"]},
        }));
    }
    let users = serde_json::to_string(&users).expect("JSON");
    TestBroker::with_config(&format!(
        "jetstream {{}}\nauthorization {{ users: {users} }}\n"
    ))
    .await
}

async fn connect(broker: &TestBroker, role: &str, name: &str) -> Bus {
    Bus::connect(BusOptions {
        url: broker.url(),
        name: name.to_owned(),
        credentials: Some(Credentials::Password {
            user: role.to_owned(),
            password: "secret".to_owned(),
        }),
    })
    .await
    .expect("a connection")
}

async fn say(
    bus: &Bus,
    subject: Subject,
    id: MessageId,
    message: &(impl serde::Serialize + Sync),
    fence: Fence,
) -> Result<Position, PublishError> {
    bus.publish(&subject, &id, message, fence, &Patience::Short)
        .await
}

async fn say_lease(
    bus: &Bus,
    who: &str,
    step: LeaseStep,
    at: Position,
) -> Result<Position, PublishError> {
    let subject = Subject::Lease {
        run: run(1),
        worker: worker(who),
    };
    let id = MessageId::lease(run(1), Attempt::FIRST, step.as_str(), who);
    let fence = Fence::Expect { position: at };
    say(bus, subject, id, &lease(1, "w1", step), fence).await
}

async fn say_offer(bus: &Bus, n: u128) -> Result<Position, PublishError> {
    let route: Route = ROUTE.parse().expect("a route");
    bus.ensure_queue(&route).await.expect("a queue");
    let subject = Subject::Offer {
        run: run(n),
        route,
        priority: Priority::Normal,
    };
    let id = MessageId::offer(run(n), Attempt::FIRST);
    say(bus, subject, id, &offer(n), Fence::None).await
}

#[tokio::test]
async fn every_role_can_do_its_work_and_not_that_of_others() {
    let broker = guarded().await;
    let provisioner = connect(&broker, "provisioner", "baton-nats-apply/1").await;
    provisioner.apply_topology().await.unwrap();
    assert_eq!(provisioner.verify_topology().await.unwrap(), []);

    let api = connect(&broker, "api", "baton-api/1").await;
    let offered = say_offer(&api, 1).await.unwrap();
    assert!(api.get(offered).await.unwrap().is_some());
    let mut tail = pin!(api.tail(TailStart::After(Position::START)));
    assert_eq!(soon(tail.next()).await.unwrap().position, offered);
    let mut beats = pin!(api.beats().await.unwrap());

    let doer = connect(&broker, "worker", "baton-worker/1").await;
    let mut offers = doer.offers(scope(&["default"], &[]));
    let token = CancellationToken::new();
    let taken = soon(offers.next(&token)).await.unwrap();
    let held = say_lease(&doer, "w1", LeaseStep::Taken, Position::START)
        .await
        .unwrap();
    taken.ack().await;
    doer.beat(&beat()).await.unwrap();
    assert_eq!(soon(beats.next()).await.unwrap(), beat());
    let (subject, id, message) = events(1, "w1", 1);
    say(
        &doer,
        subject,
        id,
        &message,
        Fence::Expect { position: held },
    )
    .await
    .unwrap();

    let recorder = connect(&broker, "recorder", "baton-recorder/1").await;
    let mut source = recorder.record_from(Position::START).await.unwrap();
    let batch = soon(source.next_batch(10, std::time::Duration::from_secs(5))).await;
    source.ack_through(batch.last().unwrap().position).await;

    let supervisor = connect(&broker, "supervisor", "baton-supervisor/1").await;
    say_lease(&supervisor, "s1", LeaseStep::Lost, held)
        .await
        .unwrap();
    say_offer(&supervisor, 2).await.unwrap();
    drop(supervisor.beats().await.unwrap());

    // In another's name: the broker says nothing, which looks like silence.
    let forged = say_lease(&doer, "w2", LeaseStep::Taken, Position::START).await;
    assert!(
        matches!(forged, Err(PublishError::Unavailable(_))),
        "{forged:?}"
    );
    let (subject, id, message) = events(1, "w1", 2);
    let forged = say(&recorder, subject, id, &message, Fence::None).await;
    assert!(
        matches!(forged, Err(PublishError::Unavailable(_))),
        "{forged:?}"
    );
}

fn beat() -> Beat {
    Beat {
        worker: worker("w1"),
        hostname: "host".to_owned(),
        version: "0.1.0".to_owned(),
        started_at: at(),
        at: at(),
        slots: 1,
        pools: std::iter::once("default".parse().expect("a pool")).collect(),
        run_types: std::iter::empty().collect(),
        capabilities: std::iter::empty().collect(),
        draining: false,
        drain: None,
        runs: Vec::new(),
    }
}
