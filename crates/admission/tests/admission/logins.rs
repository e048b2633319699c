//! Who is let in, for how long, and what happens to those who should not be there any more.

use std::time::{Duration, Instant};

use baton_bus::{Connection, Fence, OfferScope};
use baton_domain::{Clock, Position, RunType, SystemClock};
use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::{
    guarded::{Guarded, pools},
    house::{ROUTE, offer, report, soon, take},
};

fn scope() -> OfferScope {
    OfferScope {
        pools: std::iter::once("default".parse().expect("a pool")).collect(),
        run_types: RunType::ALL.iter().copied().collect(),
        capabilities: std::iter::empty().collect(),
    }
}

// B-01
#[tokio::test]
async fn a_worker_does_its_work_with_its_token() {
    let house = Guarded::start().await;
    offer(&house.api, 1, 1, Position::START).await;
    let (_, token) = house.token("w*").await;
    let bus = house.worker("w1", &token).await;
    let mut offers = bus.offers(scope());
    let stop = CancellationToken::new();
    let taken = soon(offers.next(&stop)).await.expect("an offer");
    let lease = take(&bus, 1, "w1", Position::START).await.unwrap();
    taken.ack().await;
    let fence = Fence::of_holder(lease, Some(Position::START));
    report(&bus, 1, "w1", 1, fence).await.unwrap();
}

// B-01
#[tokio::test]
async fn who_has_no_good_token_is_not_let_in() {
    let house = Guarded::start().await;
    let (_, good) = house.token("w1").await;
    house.worker("w1", &good).await;
    let past = SystemClock.now() - TimeDelta::seconds(1);
    let (_, expired) = house.make(pools("w1", &[]), Some(past)).await;
    let (token, revoked) = house.token("w1").await;
    house.revoke(&token).await;
    let (_, prefix) = house.token("builder-*").await;
    for (id, token) in [
        ("w1", "guessed"),
        ("w1", ""),
        ("w1", expired.as_str()),
        ("w1", revoked.as_str()),
        ("w1", prefix.as_str()),
        ("w2", good.as_str()),
        ("supervisor", good.as_str()),
    ] {
        let refused = soon(house.try_worker(id, token)).await;
        let error = refused.expect_err(id).to_string();
        assert!(error.contains("token"), "{error}");
        assert!(token.is_empty() || !error.contains(token), "{error}");
    }
    for (id, token) in [("", good.as_str()), ("W 1", good.as_str()), ("api", "")] {
        let options = async_nats::ConnectOptions::with_user_and_password(id.into(), token.into());
        let refused = options.connect(house.broker.url()).await;
        assert!(refused.is_err(), "{id}");
    }
    let anonymous = async_nats::connect(house.broker.url()).await;
    assert!(anonymous.is_err());
    house.worker("builder-7", &prefix).await;
}

// B-01
#[tokio::test]
async fn a_revoked_token_ends_its_connections_at_once_and_no_others() {
    let house = Guarded::start().await;
    let (token, text) = house.token("w1").await;
    let (_, other) = house.token("w2").await;
    let bus = house.worker("w1", &text).await;
    let stays = house.worker("w2", &other).await;
    let mut connection = bus.connection();
    let began = Instant::now();
    house.revoke(&token).await;
    soon(connection.wait_for(|now| *now == Connection::Down))
        .await
        .unwrap();
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(house.try_worker("w1", &text).await.is_err());
    assert_eq!(*stays.connection().borrow(), Connection::Up);
}

// B-01, W-11
#[tokio::test]
async fn a_session_that_ends_is_renewed_and_the_run_goes_on() {
    let house = Guarded::with_sessions(Duration::from_secs(2)).await;
    offer(&house.api, 1, 1, Position::START).await;
    let (_, token) = house.token("w1").await;
    let bus = house.worker("w1", &token).await;
    let lease = take(&bus, 1, "w1", Position::START).await.unwrap();
    let fence = Fence::of_holder(lease, Some(Position::START));
    let mut connection = bus.connection();
    for seq in 1..=2 {
        soon(connection.wait_for(|now| *now == Connection::Down))
            .await
            .unwrap();
        soon(connection.wait_for(|now| *now == Connection::Up))
            .await
            .unwrap();
        report(&bus, 1, "w1", seq, fence).await.unwrap();
    }
}

// B-01
#[tokio::test]
async fn a_worker_takes_runs_of_a_queue_that_is_newer_than_its_session() {
    let house = Guarded::start().await;
    let (_, token) = house.make(pools("w1", &["default"]), None).await;
    let bus = house.worker("w1", &token).await;
    let stop = CancellationToken::new();
    let mut offers = bus.offers(scope());
    let waiting = offers.next(&stop);
    let offering = async {
        offer(&house.api, 1, 1, Position::START).await;
        std::future::pending::<()>().await
    };
    let taken = soon(async {
        tokio::select! {
            taken = waiting => taken,
            () = offering => None,
        }
    });
    assert!(taken.await.is_some());
}

// B-01
#[tokio::test]
async fn a_token_of_one_pool_takes_nothing_from_another() {
    let house = Guarded::start().await;
    offer(&house.api, 1, 1, Position::START).await;
    let (_, token) = house.make(pools("w1", &["other"]), None).await;
    house.worker("w1", &token).await;
    let thief = house.thief("w1", &token).await;
    let queue = format!("baton.v1.js.CONSUMER.MSG.NEXT.RUNS.offer-{ROUTE}-normal");
    let answer = thief.request(queue, "1".into()).await;
    assert!(answer.is_err(), "{answer:?}");
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_logs_in_at_once_is_let_in_at_the_first_try() {
    let house = Guarded::start().await;
    let (_, token) = house.token("w*").await;
    // The gate is open by then.
    house.worker("w0", &token).await;
    let names: Vec<String> = (1..=200).map(|n| format!("w{n}")).collect();
    let logins = names.iter().map(|name| house.try_worker(name, &token));
    let came = soon(futures::future::join_all(logins)).await;
    let refused: Vec<_> = came.iter().filter_map(|came| came.as_ref().err()).collect();
    assert!(refused.is_empty(), "{} of 200: {refused:?}", refused.len());
}
