//! The role against a real broker, a real database and a real recorder.

mod house;

use baton_supervisor::Duty;
use baton_wire::{Decoded, LeaseStep};

use house::{House, LEASE};

// W-11
#[tokio::test]
async fn a_silent_workers_run_is_offered_again_and_a_beating_ones_is_left_alone() {
    let mut house = House::open().await;
    let alive = house.running("alive").await;
    house.keep_alive(&alive);
    let silent = house.running("silent").await;
    let supervisor = house.supervisor().await;
    let lost = house.until_lost(&silent).await;
    let offer = house.until_offered_again(silent.run).await;
    assert_eq!(offer, (silent.run, silent.attempt.next(), lost));
    // Whoever takes it and falls silent loses it as well.
    let again = house.take(offer, "silent-too").await;
    house.until_lost(&again).await;
    supervisor.stop().await;
    house.close().await;
}

// W-12
#[tokio::test]
async fn a_run_that_may_be_tried_again_is_offered_when_it_is_due() {
    let mut house = House::open().await;
    let supervisor = house.supervisor().await;
    let held = house.running("w-1").await;
    house.keep_alive(&held);
    house.fail(&held).await;
    let (_, attempt, expected) = house.until_offered_again(held.run).await;
    assert_eq!((attempt, expected), (held.attempt.next(), held.position));
    supervisor.stop().await;
    house.close().await;
}

#[tokio::test]
async fn one_is_on_duty_and_the_next_takes_over() {
    let mut house = House::open().await;
    let mut first = house.supervisor().await;
    first.is(Duty::Watching).await;
    let mut second = house.supervisor().await;
    assert_eq!(*second.duty.borrow(), Duty::StandBy);
    let silent = house.running("silent").await;
    first.stop().await;
    second.is(Duty::Watching).await;
    house.until_lost(&silent).await;
    second.stop().await;
    house.close().await;
}

// W-11
#[tokio::test]
async fn a_broker_that_was_away_costs_no_living_worker_its_run() {
    let mut house = House::open().await;
    let mut supervisor = house.supervisor().await;
    supervisor.is(Duty::Watching).await;
    let alive = house.running("alive").await;
    house.keep_alive(&alive);
    let silent = house.running("silent").await;
    let started = std::time::Instant::now();
    // Away and back, over and over, for longer than a lease lasts.
    while started.elapsed() < LEASE * 2 {
        house.broker.kill9().await;
        house.broker.start_again().await;
    }
    // `until_lost` fails on any other lease that is declared lost.
    house.until_lost(&silent).await;
    supervisor.stop().await;
    house.close().await;
}

#[tokio::test]
async fn a_database_that_was_away_delays_decisions_and_loses_none() {
    let mut house = House::open().await;
    let mut supervisor = house.supervisor().await;
    supervisor.is(Duty::Watching).await;
    let silent = house.running("silent").await;
    house.database.stop().await;
    supervisor.is(Duty::StandBy).await;
    house.database.start_again().await;
    supervisor.is(Duty::Watching).await;
    house.until_lost(&silent).await;
    house.until_offered_again(silent.run).await;
    supervisor.stop().await;
    house.close().await;
}

// W-12
#[tokio::test]
async fn a_lease_that_an_operator_takes_away_is_offered_again_though_its_holder_beats() {
    let mut house = House::open().await;
    let supervisor = house.supervisor().await;
    let held = house.running("hangs").await;
    house.keep_alive(&held);
    house.release(&held, "the agent hangs").await;
    let (lost, reason) = house
        .until("a lost lease", |message, position| match message {
            Decoded::Lease(lease) if lease.step == LeaseStep::Lost => {
                assert_eq!((lease.run, lease.attempt), (held.run, held.attempt));
                Some((position, lease.reason.clone()))
            }
            _ => None,
        })
        .await;
    assert_eq!(reason.as_deref(), Some("released by ada: the agent hangs"));
    let offer = house.until_offered_again(held.run).await;
    assert_eq!(offer, (held.run, held.attempt.next(), lost));
    supervisor.stop().await;
    house.close().await;
}
