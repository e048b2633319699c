//! The role against a real broker, a real database and a real recorder.

mod house;

use std::time::Duration;

use baton_domain::{Attempt, Position};
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
    let mut supervisor = house.supervisor().await;
    supervisor.is(Duty::Watching).await;
    let watched = std::time::Instant::now();
    let lost = house.until_lost(&silent).await;
    let offer = house.until_offered_again(silent.run).await;
    // Nobody waits longer than the lease and a second for the next attempt.
    assert!(
        watched.elapsed() < LEASE + Duration::from_secs(1),
        "{:?}",
        watched.elapsed()
    );
    assert_eq!(offer, (silent.run, silent.attempt.next(), lost));
    // Whoever takes it and falls silent loses it as well.
    let again = house.take(offer, "silent-too").await;
    house.until_lost(&again).await;
    supervisor.stop().await;
    house.close().await;
}

// W-11: any worker can speak on its own subject of any run; it keeps no dead one's lease alive by that.
#[tokio::test]
async fn a_stranger_who_talks_of_a_lease_does_not_save_it() {
    let mut house = House::open().await;
    let silent = house.running("silent").await;
    let claimed = (silent.run, silent.attempt, silent.position);
    let talk = house.take(claimed, "stranger").await;
    assert!(talk.position > silent.position);
    let mut supervisor = house.supervisor().await;
    supervisor.is(Duty::Watching).await;
    let lost = house.until_lost(&silent).await;
    let offer = house.until_offered_again(silent.run).await;
    assert_eq!(offer, (silent.run, silent.attempt.next(), lost));
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

// W-12
#[tokio::test]
async fn a_run_whose_offer_a_stranger_swallowed_is_offered_once_more_and_no_other() {
    let mut house = House::open().await;
    let swallowed = house.submit().await;
    house.swallow(swallowed).await;
    // It waits in its queue for as long as it may take.
    let waiting = house.submit_at("low").await;
    let mut last = house.bus.last_position().await.unwrap();
    let supervisor = house.supervisor().await;
    for _ in 0..3 {
        let again = house
            .until("an offer", |message, position| match message {
                Decoded::Offer(offer) if position > last => {
                    assert_ne!(offer.run, waiting, "its offer comes to whoever asks");
                    assert_eq!((offer.run, offer.attempt), (swallowed, Attempt::FIRST));
                    Some(position)
                }
                Decoded::Offer(_) => None,
                other => panic!("nothing else happens here: {other:?}"),
            })
            .await;
        assert_eq!(house.swallow(swallowed).await, again);
        last = again;
    }
    // Once it is taken, it is offered no more.
    let held = house
        .take((swallowed, Attempt::FIRST, Position::START), "w-1")
        .await;
    house.keep_alive(&held);
    house.fail(&held).await;
    let offer = house.until_offered_again(swallowed).await;
    assert_eq!(offer.1, Attempt::FIRST.next());
    supervisor.stop().await;
    house.close().await;
}
