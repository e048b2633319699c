//! Connecting: to a broker, to nobody, and to a broker that is about to start.

use std::time::{Duration, Instant};

use baton_bus::{Bus, BusError, BusOptions, Connection};
use baton_testkit::TestBroker;
use tokio_util::sync::CancellationToken;

use crate::house::soon;

fn to(url: &str) -> BusOptions {
    BusOptions {
        url: url.to_owned(),
        name: "test".to_owned(),
        credentials: None,
    }
}

#[tokio::test]
async fn connecting_to_nobody_fails_at_once_and_says_where() {
    let options = to("nats://user:secret@127.0.0.1:1");
    let started = Instant::now();
    let error = soon(Bus::connect(options)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(6));
    assert!(matches!(error, BusError::Connect { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("nats://127.0.0.1:1") && !text.contains("secret"),
        "{text}"
    );
}

// B-01
#[tokio::test]
async fn a_role_that_starts_while_its_broker_is_away_waits_for_it() {
    let mut broker = TestBroker::start().await;
    broker.kill9().await;
    let stop = CancellationToken::new();
    let mut connecting = Box::pin(Bus::connect_patiently(to(&broker.url()), &stop));
    // It goes on although nobody answers.
    let early = tokio::time::timeout(Duration::from_millis(300), &mut connecting).await;
    assert!(early.is_err(), "{early:?}");
    let (_, bus) = tokio::join!(broker.start_again(), soon(connecting));
    assert_eq!(*bus.unwrap().connection().borrow(), Connection::Up);
}

#[tokio::test]
async fn a_role_that_is_told_to_stop_waits_no_longer() {
    let stop = CancellationToken::new();
    stop.cancel();
    let started = Instant::now();
    let ended = soon(Bus::connect_patiently(to("nats://127.0.0.1:1"), &stop)).await;
    assert!(matches!(ended, Err(BusError::Connect { .. })), "{ended:?}");
    assert!(started.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn what_no_try_can_mend_is_told_at_once() {
    let stop = CancellationToken::new();
    let started = Instant::now();
    let ended = soon(Bus::connect_patiently(to("nats://:::"), &stop)).await;
    assert!(
        matches!(
            ended,
            Err(BusError::Connect {
                may_pass: false,
                ..
            })
        ),
        "{ended:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(6));
}
