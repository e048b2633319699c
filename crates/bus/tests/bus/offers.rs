//! The queues: by priority, in turn, answered or handed back.

use std::time::Duration;

use baton_bus::OfferSource;
use baton_domain::{Position, Priority, RunId};
use baton_wire::{Filter, Subject};
use tokio_util::sync::CancellationToken;

use crate::house::{House, connect, run, scope, soon};

const PLAIN: &str = "default_command";

async fn next(source: &mut OfferSource) -> RunId {
    let token = CancellationToken::new();
    let delivery = soon(source.next(&token)).await.expect("an offer");
    let run = delivery.value().run;
    delivery.ack().await;
    run
}

#[tokio::test]
async fn urgent_offers_come_first_whatever_their_route() {
    let house = House::start().await;
    house.offer(1, PLAIN, Priority::Low).await;
    house.offer(2, PLAIN, Priority::Normal).await;
    house.offer(3, "default_codex-exec", Priority::High).await;
    house
        .offer(4, "default_command_docker", Priority::High)
        .await;
    house.offer(5, PLAIN, Priority::Normal).await;
    house.offer(6, "other_command", Priority::High).await;
    house.offer(7, "default_command_gpu", Priority::High).await;
    let mut source = house.bus.offers(scope(&["default"], &["docker"]));
    let mut runs = Vec::new();
    for _ in 0..5 {
        runs.push(next(&mut source).await);
    }
    let mut urgent = [runs[0], runs[1]];
    urgent.sort();
    assert_eq!(urgent, [run(3), run(4)]);
    assert_eq!(runs[2..], [run(2), run(5), run(1)]);
}

#[tokio::test]
async fn routes_of_one_priority_take_turns() {
    let house = House::start().await;
    for n in 0..10 {
        house.offer(n, PLAIN, Priority::Normal).await;
    }
    for n in 10..14 {
        house.offer(n, "default_codex-exec", Priority::Normal).await;
    }
    let mut source = house.bus.offers(scope(&["default"], &[]));
    let mut few = 0;
    for _ in 0..8 {
        if next(&mut source).await >= run(10) {
            few += 1;
        }
    }
    assert_eq!(few, 4, "the shorter queue is served every other time");
}

/// Looks in vain: afterwards the source listens for offers.
async fn in_vain(source: &mut OfferSource) {
    let token = CancellationToken::new();
    let found = tokio::time::timeout(Duration::from_millis(300), source.next(&token)).await;
    assert!(found.is_err(), "there is nothing to take");
}

#[tokio::test]
async fn a_sleeper_wakes_for_an_offer_at_once_even_of_a_queue_that_is_new() {
    let house = House::start().await;
    let mut source = house.bus.offers(scope(&["default"], &[]));
    for n in 1..=5 {
        in_vain(&mut source).await;
        let offered = async {
            house.offer(n, PLAIN, Priority::Normal).await;
            std::time::Instant::now()
        };
        let both = Box::pin(async { tokio::join!(next(&mut source), offered) });
        let (taken, offered) = soon(both).await;
        assert_eq!(taken, run(n));
        // Far below the fallback sweep, which comes after 2 s at the earliest.
        let took = offered.elapsed();
        assert!(took < Duration::from_secs(1), "woke after {took:?}");
    }
}

#[tokio::test]
async fn one_offer_goes_to_one_of_many_sleepers() {
    let house = House::start().await;
    let mut sources: Vec<_> = (0..5)
        .map(|_| house.bus.offers(scope(&["default"], &[])))
        .collect();
    for source in &mut sources {
        in_vain(source).await;
    }
    let token = CancellationToken::new();
    let looking = sources.iter_mut().map(|source| async {
        let taken = source.next(&token).await;
        if taken.is_some() {
            token.cancel();
        }
        taken
    });
    let looking = futures::future::join_all(looking);
    let offering = house.offer(1, PLAIN, Priority::Normal);
    let (found, _) = soon(async { tokio::join!(looking, offering) }).await;
    assert_eq!(found.iter().flatten().count(), 1);
}

#[tokio::test]
async fn what_is_dropped_or_handed_back_comes_again() {
    let house = House::start().await;
    house.offer(1, PLAIN, Priority::Normal).await;
    let mut source = house.bus.offers(scope(&["default"], &[]));
    let token = CancellationToken::new();
    drop(soon(source.next(&token)).await.expect("an offer"));
    let again = soon(source.next(&token)).await.expect("the same offer");
    assert_eq!(again.value().run, run(1));
    again.nak(Duration::from_millis(100)).await;
    let again = soon(source.next(&token)).await.expect("the same offer");
    again.ack().await;
    house.offer(2, PLAIN, Priority::Normal).await;
    assert_eq!(next(&mut source).await, run(2));
}

#[tokio::test]
async fn an_offer_that_nobody_answers_comes_again_after_the_wait() {
    let house = House::start().await;
    house.offer(1, PLAIN, Priority::Normal).await;
    let token = CancellationToken::new();
    let mut first = house.bus.offers(scope(&["default"], &[]));
    // Neither acknowledged nor handed back, as by a worker that was killed.
    std::mem::forget(soon(first.next(&token)).await.expect("an offer"));
    let other = connect(&house.broker, "worker/2").await;
    let mut source = other.offers(scope(&["default"], &[]));
    assert_eq!(next(&mut source).await, run(1));
}

#[tokio::test]
async fn taking_offers_goes_on_after_a_restart_of_the_broker() {
    let mut house = House::start().await;
    house.offer(1, PLAIN, Priority::Normal).await;
    let mut source = house.bus.offers(scope(&["default"], &[]));
    assert_eq!(next(&mut source).await, run(1));
    house.restart().await;
    house.offer(2, PLAIN, Priority::Normal).await;
    // The acknowledgement of the first may have died with the broker: then it comes again.
    let mut taken = next(&mut source).await;
    if taken == run(1) {
        taken = next(&mut source).await;
    }
    assert_eq!(taken, run(2));
}

#[tokio::test]
async fn a_message_in_a_queue_that_is_no_offer_is_passed_over() {
    let house = House::start().await;
    house.offer(1, PLAIN, Priority::Normal).await;
    let subject = Subject::Offer {
        run: run(2),
        route: PLAIN.parse().unwrap(),
        priority: Priority::High,
    };
    let id = baton_wire::MessageId::idempotent("x");
    let sent = house.publish(&subject, &id, &"no offer", baton_bus::Fence::None);
    sent.await.unwrap();
    let mut source = house.bus.offers(scope(&["default"], &[]));
    assert_eq!(next(&mut source).await, run(1));
    let kept = house
        .bus
        .get_last(&Filter::RunOffers(run(2)))
        .await
        .unwrap();
    assert!(kept.is_some_and(|message| message.position > Position::START));
}

#[tokio::test]
async fn a_source_that_is_told_to_stop_ends() {
    let house = House::start().await;
    let token = CancellationToken::new();
    let mut source = house.bus.offers(scope(&["default"], &[]));
    in_vain(&mut source).await;
    let (found, ()) =
        soon(async { tokio::join!(source.next(&token), async { token.cancel() }) }).await;
    assert!(found.is_none());
}
