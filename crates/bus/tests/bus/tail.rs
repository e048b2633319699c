//! The tail: in order, without a gap, through restarts.

use std::{pin::pin, time::Instant};

use baton_bus::{Fence, RawMessage, TailStart};
use baton_domain::Position;
use futures::{Stream, StreamExt as _};

use crate::house::{House, position, soon};

async fn take(tail: impl Stream<Item = RawMessage>, count: usize) -> Vec<u64> {
    soon(tail.take(count).map(|m| m.position.get()).collect()).await
}

async fn filled(house: &House, from: u64, to: u64) {
    for seq in from..=to {
        house
            .report(1, "a", seq, Fence::None)
            .await
            .expect("a report");
    }
}

#[tokio::test]
async fn a_tail_begins_after_its_position_and_goes_on_live() {
    let house = House::start().await;
    filled(&house, 1, 10).await;
    let mut tail = pin!(house.bus.tail(TailStart::After(position(4))));
    assert_eq!(take(&mut tail, 6).await, [5, 6, 7, 8, 9, 10]);
    let (live, ()) = tokio::join!(take(&mut tail, 3), filled(&house, 11, 13));
    assert_eq!(live, [11, 12, 13]);
}

#[tokio::test]
async fn a_new_tail_shows_only_what_comes() {
    let house = House::start().await;
    filled(&house, 1, 10).await;
    let mut tail = pin!(house.bus.tail(TailStart::New));
    let first = futures::poll!(tail.next());
    assert!(first.is_pending());
    let (live, ()) = tokio::join!(take(&mut tail, 1), async {
        // The tail may open before or after any of these: it has no gap from where it began.
        filled(&house, 11, 60).await;
    });
    assert!(live[0] > 10);
    let rest = take(&mut tail, usize::try_from(60 - live[0]).unwrap()).await;
    assert_eq!(rest, ((live[0] + 1)..=60).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_tail_has_no_gap_and_goes_on_within_moments_after_a_restart() {
    let mut house = House::start().await;
    filled(&house, 1, 5).await;
    let bus = house.bus.clone();
    let mut tail = pin!(bus.tail(TailStart::After(Position::START)));
    assert_eq!(take(&mut tail, 5).await, [1, 2, 3, 4, 5]);
    for round in 0..3_u64 {
        let last = 5 + round * 10;
        let restart = async {
            house.restart().await;
            let up = Instant::now();
            filled(&house, last + 1, last + 10).await;
            up
        };
        let (live, up) = tokio::join!(take(&mut tail, 10), restart);
        assert_eq!(live, ((last + 1)..=(last + 10)).collect::<Vec<u64>>());
        let took = up.elapsed();
        assert!(took.as_secs_f64() < 2.0, "went on after {took:?}");
    }
}

#[tokio::test]
async fn a_reader_that_is_slower_than_its_queue_misses_nothing() {
    let house = House::start().await;
    filled(&house, 1, 1).await;
    let mut tail = pin!(house.bus.tail(TailStart::After(Position::START)));
    assert_eq!(take(&mut tail, 1).await, [1]);
    // Nobody reads while these arrive.
    filled(&house, 2, 2_500).await;
    let rest = take(&mut tail, 2_499).await;
    assert_eq!(rest, (2..=2_500).collect::<Vec<u64>>());
}
