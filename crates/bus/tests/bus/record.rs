//! The recorder's reading, from wherever Postgres says that it is.

use std::time::Duration;

use baton_bus::{BusError, Fence, RecordSource};
use baton_domain::Position;

use crate::house::{House, position, soon};

const WAIT: Duration = Duration::from_secs(5);

/// Reads until a position has come, and tells all positions.
async fn read_to(source: &mut RecordSource, last: u64) -> Vec<u64> {
    let mut read = Vec::new();
    while read.last() != Some(&last) {
        let batch = soon(source.next_batch(50, WAIT)).await;
        read.extend(batch.iter().map(|message| message.position.get()));
    }
    read
}

async fn filled(house: &House, from: u64, to: u64) {
    for seq in from..=to {
        house
            .report(1, "a", seq, Fence::None)
            .await
            .expect("a report");
    }
}

fn range(from: u64, to: u64) -> Vec<u64> {
    (from..=to).collect()
}

#[tokio::test]
async fn everything_comes_in_order_and_in_batches_no_larger_than_asked() {
    let house = House::start().await;
    filled(&house, 1, 120).await;
    let mut source = house.bus.record_from(Position::START).await.unwrap();
    let first = soon(source.next_batch(7, WAIT)).await;
    assert!((1..=7).contains(&first.len()));
    let mut read: Vec<u64> = first.iter().map(|m| m.position.get()).collect();
    read.extend(read_to(&mut source, 120).await);
    assert_eq!(read, range(1, 120));
    assert_eq!(source.position(), position(120));
    let nothing = soon(source.next_batch(7, Duration::from_millis(100))).await;
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn what_is_published_later_comes_too() {
    let house = House::start().await;
    let mut source = house.bus.record_from(Position::START).await.unwrap();
    for n in 1..=5 {
        let (batch, ()) = tokio::join!(source.next_batch(10, WAIT), filled(&house, n, n));
        let read: Vec<u64> = batch.iter().map(|m| m.position.get()).collect();
        assert_eq!(read, [n]);
        source.ack_through(position(n)).await;
    }
}

// The database came back from an older backup: the consumer's acknowledgements are ahead of it.
#[tokio::test]
async fn a_database_behind_the_acknowledgements_gets_everything_again() {
    let house = House::start().await;
    filled(&house, 1, 60).await;
    let mut source = house.bus.record_from(Position::START).await.unwrap();
    read_to(&mut source, 60).await;
    source.ack_through(position(60)).await;
    drop(source);
    for from in [0, 10, 59, 60] {
        filled(&house, 1, 1).await;
        let mut source = house.bus.record_from(position(from)).await.unwrap();
        filled_more(&house).await;
        let last = house.bus.last_position().await.unwrap().get();
        assert_eq!(read_to(&mut source, last).await, range(from + 1, last));
    }
}

async fn filled_more(house: &House) {
    let last = house.bus.last_position().await.expect("a position").get();
    filled(house, last + 1, last + 1).await;
}

// The recorder died between its commit and its acknowledgement.
#[tokio::test]
async fn a_database_ahead_of_the_acknowledgements_gets_nothing_twice() {
    let house = House::start().await;
    filled(&house, 1, 60).await;
    let mut source = house.bus.record_from(Position::START).await.unwrap();
    read_to(&mut source, 60).await;
    source.ack_through(position(20)).await;
    drop(source);
    let mut source = house.bus.record_from(position(45)).await.unwrap();
    assert_eq!(read_to(&mut source, 60).await, range(46, 60));
}

#[tokio::test]
async fn a_stream_that_lost_its_head_is_read_from_what_it_has() {
    let house = House::start().await;
    filled(&house, 1, 60).await;
    let client = async_nats::connect(house.broker.url()).await.unwrap();
    let stream = async_nats::jetstream::new(client)
        .get_stream("RUNS")
        .await
        .unwrap();
    stream.purge().sequence(31).await.unwrap();
    stream.delete_message(40).await.unwrap();
    let mut source = house.bus.record_from(position(5)).await.unwrap();
    let mut expected = range(31, 60);
    expected.retain(|n| *n != 40);
    assert_eq!(read_to(&mut source, 60).await, expected);
}

#[tokio::test]
async fn a_stream_that_ends_before_the_database_is_not_its_stream() {
    let house = House::start().await;
    filled(&house, 1, 3).await;
    let error = house.bus.record_from(position(4)).await.unwrap_err();
    assert!(matches!(error, BusError::BeyondEnd { .. }), "{error:?}");
}

#[tokio::test]
async fn reading_goes_on_in_order_through_a_restart_of_the_broker() {
    let mut house = House::start().await;
    filled(&house, 1, 50).await;
    let mut source = house.bus.record_from(Position::START).await.unwrap();
    let mut read: Vec<u64> = Vec::new();
    let batch = soon(source.next_batch(20, WAIT)).await;
    read.extend(batch.iter().map(|m| m.position.get()));
    house.restart().await;
    filled(&house, 51, 80).await;
    read.extend(read_to(&mut source, 80).await);
    assert_eq!(read, range(1, 80));
    source.ack_through(position(80)).await;
}

#[tokio::test]
async fn a_reading_takes_over_from_one_that_never_acknowledged() {
    let house = House::start().await;
    filled(&house, 1, 20).await;
    let mut first = house.bus.record_from(Position::START).await.unwrap();
    read_to(&mut first, 20).await;
    drop(first);
    let mut second = house.bus.record_from(position(20)).await.unwrap();
    filled(&house, 21, 25).await;
    assert_eq!(read_to(&mut second, 25).await, range(21, 25));
}
