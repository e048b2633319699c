//! Commands and beats.

use std::{collections::BTreeSet, pin::pin};

use baton_bus::{Bus, Fence};
use baton_wire::{Beat, ControlCommand, ControlMessage, MessageId, Subject};
use futures::StreamExt as _;
use uuid::Uuid;

use crate::house::{House, at, connect, run, soon, worker};

async fn command(bus: &Bus, n: u128, id: u128) {
    let message = ControlMessage {
        run: run(n),
        id: Uuid::from_u128(id),
        actor: "anna".to_owned().try_into().expect("an actor"),
        at: at(),
        command: ControlCommand::Cancel { note: None },
    };
    let subject = Subject::Control { run: run(n) };
    let name = MessageId::control(run(n), Uuid::from_u128(id));
    bus.publish(
        &subject,
        &name,
        &message,
        Fence::None,
        &baton_bus::Patience::Short,
    )
    .await
    .expect("a command");
}

#[tokio::test]
async fn a_command_given_before_the_feed_was_opened_is_heard_once() {
    let house = House::start().await;
    command(&house.bus, 1, 7).await;
    let mut feed = house.bus.control_feed(run(1)).await.unwrap();
    assert_eq!(soon(feed.next()).await.unwrap().id, Uuid::from_u128(7));
    command(&house.bus, 2, 8).await;
    command(&house.bus, 1, 9).await;
    assert_eq!(soon(feed.next()).await.unwrap().id, Uuid::from_u128(9));
}

#[tokio::test]
async fn a_feed_that_has_caught_up_knows_the_command_before_it_began() {
    let house = House::start().await;
    let mut feed = house.bus.control_feed(run(1)).await.unwrap();
    assert_eq!(soon(feed.caught_up()).await, None);
    command(&house.bus, 1, 7).await;
    let mut late = house.bus.control_feed(run(1)).await.unwrap();
    let last = soon(late.caught_up()).await.unwrap();
    assert_eq!(last.id, Uuid::from_u128(7));
    assert_eq!(soon(feed.next()).await.unwrap().id, Uuid::from_u128(7));
}

#[tokio::test]
async fn a_command_given_while_the_holder_was_cut_off_is_heard_afterwards() {
    let mut house = House::start().await;
    let mut feed = house.bus.control_feed(run(1)).await.unwrap();
    assert_eq!(soon(feed.caught_up()).await, None);
    let hearing = Box::pin(feed.next());
    let acting = Box::pin(async {
        house.broker.kill9().await;
        house.reach(baton_bus::Connection::Down).await;
        house.broker.start_again().await;
        let other = connect(&house.broker, "api/1").await;
        command(&other, 1, 7).await;
    });
    let (heard, ()) = soon(async { tokio::join!(hearing, acting) }).await;
    assert_eq!(heard.unwrap().id, Uuid::from_u128(7));
}

#[tokio::test]
async fn beats_are_heard_unless_they_speak_for_another() {
    let house = House::start().await;
    let beat = |name: &str| Beat {
        worker: worker(name),
        hostname: "host".to_owned(),
        version: "0.1.0".to_owned(),
        started_at: at(),
        at: at(),
        slots: 1,
        pools: BTreeSet::new(),
        run_types: BTreeSet::new(),
        capabilities: BTreeSet::new(),
        draining: false,
        drain: None,
        runs: Vec::new(),
    };
    let mut beats = pin!(house.bus.beats().await.unwrap());
    let client = async_nats::connect(house.broker.url()).await.unwrap();
    let forged = serde_json::to_vec(&beat("a")).unwrap();
    let forged = client.publish("baton.v1.beat.b", forged.into());
    forged.await.unwrap();
    let garbled = client.publish("baton.v1.beat.c", "no beat".into());
    garbled.await.unwrap();
    client.flush().await.unwrap();
    house.bus.beat(&beat("d")).await.unwrap();
    assert_eq!(soon(beats.next()).await.unwrap(), beat("d"));
}
