//! Publishing: stored once, fenced, refused with a reason.

use baton_bus::{Connection, Fence, Patience, PublishError};
use baton_domain::Position;
use baton_wire::{Event, LeaseStep, MessageId, Subject};
use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::house::{self, House, connect, events, position, run, soon, worker};

// W-11: of many workers that race for a lease, one wins.
#[tokio::test]
async fn of_twenty_workers_that_race_for_a_lease_one_wins() {
    let house = House::start().await;
    let names: Vec<String> = (0..20).map(|n| format!("w{n}")).collect();
    let mut buses = Vec::new();
    for name in &names {
        buses.push(connect(&house.broker, name).await);
    }
    let races = names.iter().zip(&buses).map(|(name, bus)| async move {
        let subject = Subject::Lease {
            run: run(1),
            worker: worker(name),
        };
        let id = MessageId::lease(run(1), baton_domain::Attempt::FIRST, "taken", name);
        let message = house::lease(1, name, LeaseStep::Taken);
        let fence = Fence::Expect {
            position: Position::START,
        };
        bus.publish(&subject, &id, &message, fence, &Patience::Short)
            .await
    });
    let outcomes = soon(join_all(races)).await;
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
    let fenced = |o: &&Result<_, _>| matches!(o, Err(PublishError::Fenced));
    assert_eq!(outcomes.iter().filter(fenced).count(), 19);
}

#[tokio::test]
async fn a_report_under_an_old_lease_is_refused() {
    let house = House::start().await;
    let old = house.take(1, "a", Position::START).await.unwrap();
    let fence = Fence::Expect { position: old };
    house.report(1, "a", 1, fence).await.unwrap();
    // The supervisor declares the lease lost: from now on nothing of it is heard.
    let lost = Subject::Lease {
        run: run(1),
        worker: worker("supervisor"),
    };
    let id = MessageId::lease(run(1), baton_domain::Attempt::FIRST, "lost", "supervisor");
    let message = house::lease(1, "a", LeaseStep::Lost);
    house.publish(&lost, &id, &message, fence).await.unwrap();
    let refused = house.report(1, "a", 2, fence).await;
    assert!(matches!(refused, Err(PublishError::Fenced)), "{refused:?}");
}

#[tokio::test]
async fn a_message_sent_twice_is_stored_once_even_when_the_fence_has_moved() {
    let house = House::start().await;
    let first = house.take(1, "a", Position::START).await.unwrap();
    let again = house.take(1, "a", Position::START).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(house.bus.last_position().await.unwrap(), first);
}

#[tokio::test]
async fn a_publish_goes_through_a_restart_of_the_broker_and_is_stored_once() {
    let mut house = House::start().await;
    let before = house.take(1, "a", Position::START).await.unwrap();
    house.broker.kill9().await;
    let bus = house.bus.clone();
    let (subject, id, message) = events(1, "a", 1);
    let patience = Patience::Until(CancellationToken::new());
    let fence = Fence::Expect { position: before };
    let waiting = bus.publish(&subject, &id, &message, fence, &patience);
    let (stored, ()) = soon(async { tokio::join!(waiting, house.broker.start_again()) }).await;
    let stored = stored.unwrap();
    assert_eq!(stored, position(before.get() + 1));
    assert_eq!(house.bus.last_position().await.unwrap(), stored);
    // The lease outlived the restart, and so did its fence.
    house.report(1, "a", 2, fence).await.unwrap();
}

#[tokio::test]
async fn many_publishes_through_a_restart_are_stored_once_each_and_in_order() {
    let mut house = House::start().await;
    let lease = house.take(1, "a", Position::START).await.unwrap();
    let bus = house.bus.clone();
    let sender = async move {
        let patience = Patience::Until(CancellationToken::new());
        for seq in 1..=400 {
            let (subject, id, message) = events(1, "a", seq);
            let fence = Fence::Expect { position: lease };
            bus.publish(&subject, &id, &message, fence, &patience)
                .await
                .unwrap();
        }
    };
    let restarts = async {
        for _ in 0..2 {
            house.broker.kill9().await;
            house.broker.start_again().await;
            house.reach(Connection::Up).await;
        }
    };
    soon(async { tokio::join!(sender, restarts) }).await;
    assert_eq!(
        house.bus.last_position().await.unwrap(),
        position(lease.get() + 400)
    );
}

#[tokio::test]
async fn a_person_waits_two_seconds_for_a_broker_that_is_away() {
    let mut house = House::start().await;
    house.broker.kill9().await;
    house.reach(Connection::Down).await;
    let answer = soon(house.report(1, "a", 1, Fence::None)).await;
    assert!(
        matches!(answer, Err(PublishError::Unavailable(_))),
        "{answer:?}"
    );
    let given_up = CancellationToken::new();
    given_up.cancel();
    let (subject, id, message) = events(1, "a", 1);
    let patience = Patience::Until(given_up);
    let answer = house
        .bus
        .publish(&subject, &id, &message, Fence::None, &patience);
    let answer = soon(answer).await;
    assert!(
        matches!(answer, Err(PublishError::Unavailable(_))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_as_such() {
    let house = House::start().await;
    for size in [1_100_000, 20_000_000] {
        let (subject, id, mut message) = events(1, "a", 1);
        message.events[0].event = Event::Warning {
            message: "x".repeat(size),
        };
        let answer = house.publish(&subject, &id, &message, Fence::None).await;
        assert!(
            matches!(answer, Err(PublishError::TooLarge { .. })),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_single_message_can_be_read_back() {
    let house = House::start().await;
    let stored = house.report(1, "a", 1, Fence::None).await.unwrap();
    let message = house.bus.get(stored).await.unwrap().unwrap();
    let (subject, id, _) = events(1, "a", 1);
    assert_eq!(message.subject, subject.to_string());
    assert_eq!(message.message_id.as_deref(), Some(id.as_str()));
    assert_eq!(message.position, stored);
    assert_eq!(house.bus.get(position(99)).await.unwrap(), None);
    house
        .offer(1, "default_command", baton_domain::Priority::Low)
        .await;
    let last = house
        .bus
        .get_last(&baton_wire::Filter::RunOffers(run(1)))
        .await
        .unwrap()
        .unwrap();
    assert!(last.subject.ends_with(".offer.default_command.low"));
    let other = baton_wire::Filter::RunOffers(run(2));
    let none = house.bus.get_last(&other);
    assert_eq!(none.await.unwrap(), None);
}
