//! The permission templates: every role can do its work with them, and nobody else's. Those of
//! workers are proven where workers are let in.

use std::pin::pin;

use baton_bus::{
    Bus, BusOptions, Credentials, Fence, Patience, PublishError, TailStart,
    access::{Permissions, Role},
};
use baton_domain::{Attempt, Position, Priority, Route};
use baton_testkit::TestBroker;
use baton_wire::{LeaseStep, MessageId, Subject};
use futures::StreamExt as _;
use serde_json::json;

use crate::house::{events, lease, offer, run, soon, worker};

const ROUTE: &str = "default_command";

/// A broker whose users have the permissions of the templates. Workers have an account of their
/// own where admission lets them in, and are tried there.
async fn guarded() -> TestBroker {
    let mut users = Vec::new();
    for role in Role::ALL {
        let permissions = Permissions::of_role(role).expect("a template");
        users.push(json!({
            "user": role.as_str(),
            "password": "secret",
            "permissions": permissions,
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
    drop(api.beats().await.unwrap());
    drop(api.desk().await.unwrap());

    let held = Position::START;
    let recorder = connect(&broker, "recorder", "baton-recorder/1").await;
    let mut source = recorder.record_from(Position::START).await.unwrap();
    let batch = soon(source.next_batch(10, std::time::Duration::from_secs(5))).await;
    source.ack_through(batch.last().unwrap().position).await;
    // What it has recorded last tells it whether the stream is still the same one.
    assert!(recorder.get(offered).await.unwrap().is_some());

    let supervisor = connect(&broker, "supervisor", "baton-supervisor/1").await;
    say_lease(&supervisor, "supervisor", LeaseStep::Lost, held)
        .await
        .unwrap();
    say_offer(&supervisor, 2).await.unwrap();
    drop(supervisor.beats().await.unwrap());

    // In another's name: the broker says nothing, which looks like silence.
    let forged = say_lease(&api, "w2", LeaseStep::Taken, Position::START).await;
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
