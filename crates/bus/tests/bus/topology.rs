//! Applying and verifying what the files say.

use async_nats::jetstream;
use baton_bus::BusError;
use baton_domain::{Position, Priority};
use baton_testkit::TestBroker;

use crate::house::{House, connect, soon};

#[tokio::test]
async fn applying_again_changes_nothing() {
    let broker = TestBroker::start().await;
    let bus = connect(&broker, "test").await;
    let before = bus.verify_topology().await.unwrap();
    let missing = ["RUNS", "TERM", "TERM_KEYS"].map(|name| format!("stream {name} is missing"));
    let told: Vec<String> = before.iter().map(ToString::to_string).collect();
    assert_eq!(told, missing);
    assert_eq!(bus.apply_topology().await.unwrap(), before);
    assert_eq!(bus.verify_topology().await.unwrap(), []);
    assert_eq!(bus.apply_topology().await.unwrap(), []);
}

#[tokio::test]
async fn a_changed_field_is_found_and_mended_without_losing_anything() {
    let house = House::start().await;
    let kept = house.offer(1, "default_command", Priority::Low).await;
    let client = async_nats::connect(house.broker.url()).await.unwrap();
    let jetstream = jetstream::new(client);
    let stream = jetstream.get_stream("RUNS").await.unwrap();
    let mut changed = stream.cached_info().config.clone();
    changed.max_message_size = 1_000;
    jetstream.update_stream(changed).await.unwrap();
    let queue = "offer-default_command-low";
    let consumer: jetstream::consumer::PullConsumer = stream.get_consumer(queue).await.unwrap();
    let mut changed = consumer.cached_info().config.clone();
    changed.max_ack_pending = 7;
    let changed = jetstream::consumer::FromConsumer::try_from_consumer_config(changed).unwrap();
    let changed: jetstream::consumer::pull::Config = changed;
    stream.update_consumer(changed).await.unwrap();
    let found: Vec<String> = house
        .bus
        .verify_topology()
        .await
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "stream RUNS: max_msg_size is 1000 and should be 1048576",
            "consumer offer-default_command-low: max_ack_pending is 7 and should be 20000",
        ]
    );
    house.bus.apply_topology().await.unwrap();
    assert_eq!(house.bus.verify_topology().await.unwrap(), []);
    assert!(house.bus.get(kept).await.unwrap().is_some());
}

#[tokio::test]
async fn a_queue_is_made_once_for_each_priority() {
    let house = House::start().await;
    assert_eq!(house.bus.queues().await.unwrap(), []);
    let route = "default_command".parse().unwrap();
    house.bus.ensure_queue(&route).await.unwrap();
    house.bus.ensure_queue(&route).await.unwrap();
    let mut queues = house.bus.queues().await.unwrap();
    queues.sort();
    let mut expected: Vec<_> = Priority::ALL.iter().map(|p| (route.clone(), *p)).collect();
    expected.sort();
    assert_eq!(queues, expected);
}

#[tokio::test]
async fn without_a_stream_questions_fail_instead_of_waiting() {
    let broker = TestBroker::start().await;
    let bus = connect(&broker, "test").await;
    let error = soon(bus.last_position()).await.unwrap_err();
    assert!(matches!(error, BusError::Unavailable(_)), "{error:?}");
    let error = soon(bus.record_from(Position::START)).await.unwrap_err();
    assert!(matches!(error, BusError::Unavailable(_)), "{error:?}");
}
