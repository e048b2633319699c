//! Where a worker stands, as the desk sees it.

use std::pin::pin;

use baton_admission::desk;
use baton_bus::{Bus, Fence};
use baton_domain::Position;
use baton_testkit::TestBroker;
use baton_wire::{HeldLease, Inquiry, LeaseStep, Standing};
use futures::StreamExt as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::house::{
    cancel, command, connect, grant, held, offer, report, run, soon, step, take, worker,
};

/// A broker without logins, and a desk at it.
struct House {
    bus: Bus,
    _broker: TestBroker,
    _desk: JoinSet<()>,
}

impl House {
    async fn start() -> Self {
        let broker = TestBroker::start().await;
        let bus = connect(&broker.url(), "test/1", None).await;
        bus.apply_topology().await.expect("the topology");
        let mut tasks = JoinSet::new();
        tasks.spawn(desk::serve(bus.clone(), CancellationToken::new()));
        // It is there when it answers.
        while bus.stand(&worker("w0"), &Inquiry::default()).await.is_err() {
            tokio::task::yield_now().await;
        }
        Self {
            bus,
            _broker: broker,
            _desk: tasks,
        }
    }

    async fn ask(&self, who: &str, held: HeldLease) -> Standing {
        let inquiry = Inquiry { runs: vec![held] };
        let answer = soon(self.bus.stand(&worker(who), &inquiry)).await;
        answer.expect("an answer").remove(0)
    }

    async fn lose(&self, n: u128, holder: &str, lease: Position) -> Position {
        let fence = Fence::Expect { position: lease };
        let said = ("supervisor", holder);
        step(&self.bus, n, said, (1, LeaseStep::Lost), fence)
            .await
            .expect("a loss")
    }
}

fn ids(standing: &Standing) -> Vec<Uuid> {
    standing.commands.iter().map(|command| command.id).collect()
}

// W-12
#[tokio::test]
async fn a_holder_learns_what_was_wished_before_and_since() {
    let house = House::start().await;
    offer(&house.bus, 1, 1, Position::START).await;
    command(&house.bus, 1, 7).await.unwrap();
    let lease = take(&house.bus, 1, "w1", Position::START).await.unwrap();
    let second = command(&house.bus, 1, 8).await.unwrap();
    command(&house.bus, 2, 9).await.unwrap();
    let standing = house.ask("w1", held(1, lease)).await;
    assert!(standing.held);
    assert_eq!(ids(&standing), [7, 8].map(Uuid::from_u128));
    assert_eq!(standing.commands_through, Some(second));

    let later = HeldLease {
        commands_after: standing.commands_through,
        ..held(1, lease)
    };
    assert_eq!(house.ask("w1", later).await.commands, []);
    command(&house.bus, 1, 10).await.unwrap();
    assert_eq!(ids(&house.ask("w1", later).await), [Uuid::from_u128(10)]);
}

// B-05
#[tokio::test]
async fn a_holder_learns_who_may_type_although_it_missed_the_push_and_nobody_else_does() {
    let house = House::start().await;
    offer(&house.bus, 1, 1, Position::START).await;
    let lease = take(&house.bus, 1, "w1", Position::START).await.unwrap();
    assert_eq!(house.ask("w1", held(1, lease)).await.grant, None);
    let first = grant(&house.bus, 1, 1, Position::START).await;
    let last = grant(&house.bus, 1, 2, first.1).await;
    assert_eq!(house.ask("w1", held(1, lease)).await.grant, Some(last.0));
    assert_eq!(house.ask("w2", held(1, lease)).await.grant, None);
}

#[tokio::test]
async fn a_long_list_of_commands_is_told_in_parts() {
    let house = House::start().await;
    offer(&house.bus, 1, 1, Position::START).await;
    let lease = take(&house.bus, 1, "w1", Position::START).await.unwrap();
    for id in 0..103 {
        command(&house.bus, 1, id).await.unwrap();
    }
    let first = house.ask("w1", held(1, lease)).await;
    assert_eq!(first.commands.len(), 100);
    let rest = HeldLease {
        commands_after: first.commands_through,
        ..held(1, lease)
    };
    assert_eq!(house.ask("w1", rest).await.commands.len(), 3);
}

// W-11
#[tokio::test]
async fn a_lease_that_was_lost_or_given_back_is_not_held() {
    let house = House::start().await;
    for n in [1, 2] {
        offer(&house.bus, n, 1, Position::START).await;
        command(&house.bus, n, 7).await.unwrap();
    }
    let lost = take(&house.bus, 1, "w1", Position::START).await.unwrap();
    house.lose(1, "w1", lost).await;
    let given_back = take(&house.bus, 2, "w1", Position::START).await.unwrap();
    let fence = Fence::Expect {
        position: given_back,
    };
    step(&house.bus, 2, ("w1", "w1"), (1, LeaseStep::Released), fence)
        .await
        .unwrap();
    for (n, lease) in [(1, lost), (2, given_back)] {
        let standing = house.ask("w1", held(n, lease)).await;
        assert!(!standing.held, "{standing:?}");
        assert!(standing.reason.is_some());
        assert_eq!(standing.commands, []);
    }
}

// W-11
#[tokio::test]
async fn what_another_writes_about_a_lease_moves_nobody() {
    let house = House::start().await;
    offer(&house.bus, 1, 1, Position::START).await;
    let lease = take(&house.bus, 1, "w1", Position::START).await.unwrap();
    let secret = command(&house.bus, 1, 7).await.unwrap();
    // With and without the fence, and as if it were the holder's.
    let taken = take(&house.bus, 1, "w2", lease).await.unwrap();
    let junk = [
        (("w2", "w1"), LeaseStep::Released),
        (("w2", "w1"), LeaseStep::Lost),
        (("w2", "w2"), LeaseStep::Released),
    ];
    for (said, junk) in junk {
        step(&house.bus, 1, said, (2, junk), Fence::None)
            .await
            .unwrap();
    }

    let standing = house.ask("w1", held(1, lease)).await;
    assert!(standing.held, "{standing:?}");
    assert_eq!(standing.commands_through, Some(secret));
    let fence = Fence::of_holder(lease, Some(Position::START));
    report(&house.bus, 1, "w1", 1, fence).await.unwrap();

    for lease in [taken, lease] {
        let standing = house.ask("w2", held(1, lease)).await;
        assert!(!standing.held, "{standing:?}");
        assert_eq!(
            (standing.commands, standing.commands_through),
            (vec![], None)
        );
    }
}

// W-11
#[tokio::test]
async fn a_lease_taken_by_the_letter_but_not_offered_is_not_held() {
    let house = House::start().await;
    offer(&house.bus, 1, 1, Position::START).await;
    let lease = take(&house.bus, 1, "w1", Position::START).await.unwrap();
    let lost = house.lose(1, "w1", lease).await;
    // Ahead of the offer of the second attempt, which knows of it.
    let fence = Fence::Expect { position: lost };
    let early = step(&house.bus, 1, ("w2", "w2"), (2, LeaseStep::Taken), fence)
        .await
        .unwrap();
    offer(&house.bus, 1, 2, early).await;
    let fence = Fence::Expect { position: early };
    let second = step(&house.bus, 1, ("w3", "w3"), (2, LeaseStep::Taken), fence)
        .await
        .unwrap();
    let attempt = baton_domain::Attempt::new(2).unwrap();
    let of = |lease| HeldLease {
        attempt,
        ..held(1, lease)
    };
    assert!(!house.ask("w2", of(early)).await.held);
    assert!(house.ask("w3", of(second)).await.held);
}

// B-01
#[tokio::test]
async fn a_question_that_wants_its_answer_elsewhere_is_not_answered() {
    let house = House::start().await;
    let client = async_nats::connect(house._broker.url()).await.unwrap();
    let elsewhere = format!("baton.v1.run.1.{}.lease.supervisor", run(1));
    let mut heard = client.subscribe(elsewhere.clone()).await.unwrap();
    let body = r#"{"runs": []}"#;
    client
        .publish_with_reply("baton.v1.desk.w2", elsewhere, body.into())
        .await
        .unwrap();
    let answered = client.request("baton.v1.desk.w2", body.into());
    soon(answered).await.unwrap();
    let none = futures::FutureExt::now_or_never(heard.next());
    assert!(none.is_none(), "{none:?}");
}

// W-12
#[tokio::test]
async fn a_command_is_handed_to_the_holder_at_once() {
    let house = House::start().await;
    let mut heard = pin!(house.bus.steering(&worker("w1")).await.unwrap());
    house.bus.steer(&worker("w2"), &cancel(1, 6)).await.unwrap();
    house.bus.steer(&worker("w1"), &cancel(1, 7)).await.unwrap();
    assert_eq!(soon(heard.next()).await.unwrap(), cancel(1, 7));
}
