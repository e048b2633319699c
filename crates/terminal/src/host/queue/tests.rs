//! What waits for a watcher that reads too late.

use baton_domain::TerminalSize;
use baton_wire::terminal::Snapshot;

use super::*;

const BIG: Bytes = Bytes::from_static(&[7; 200 << 10]);
const ANSWER: Bytes = Bytes::from_static(b"accepted");

/// A screen that is larger than what may wait.
fn screen(offset: u64) -> Frame {
    let snapshot = Snapshot {
        size: TerminalSize::DEFAULT,
        dump: Bytes::from_static(&[8; MOST + 1]),
    };
    Frame::Snapshot { offset, snapshot }
}

fn greeting() -> Frame {
    Frame::Pong(Bytes::from_static(b"hello"))
}

/// More than may wait.
fn flood(queue: &Queue, from: u64) {
    for offset in from..from + 100 {
        queue.push(offset, BIG);
    }
}

impl Queue {
    async fn expect(&self, frames: impl IntoIterator<Item = Frame>) {
        for frame in frames {
            assert_eq!(self.next().await, Next::Frame(frame.encode()));
        }
    }
}

#[tokio::test]
async fn a_watcher_that_does_not_read_loses_what_waits_and_is_told_from_where() {
    let queue = Queue::default();
    flood(&queue, 5);
    assert_eq!(queue.next().await, Next::Anew);
    queue.begin_again(|from| [screen(from)]);
    queue.begin_again(|_| -> [Frame; 1] { panic!("it has begun again") });
    queue.push(9, BIG);
    queue.close();
    queue.push(10, BIG);
    queue.expect([screen(5)]).await;
    assert_eq!(queue.next().await, Next::Frame(BIG));
    assert_eq!(queue.next().await, Next::End);
}

// B-02
#[tokio::test]
async fn a_watcher_is_greeted_first_whatever_is_shown_before_it_reads() {
    let queue = Queue::default();
    queue.begin([greeting(), screen(0)]);
    flood(&queue, 0);
    queue.push_own(100, ANSWER);
    queue.expect([greeting(), screen(0)]).await;
    assert_eq!(queue.next().await, Next::Frame(ANSWER));
    assert_eq!(queue.next().await, Next::Anew);
    queue.begin_again(|_| [screen(100)]);
    flood(&queue, 100);
    queue.expect([screen(100)]).await;
    assert_eq!(queue.next().await, Next::Anew);
}

// B-02
#[tokio::test]
async fn the_last_word_comes_to_one_that_was_never_given_time_to_read() {
    let queue = Queue::default();
    queue.begin([greeting(), screen(0)]);
    flood(&queue, 0);
    queue.begin_again(|from| [screen(from)]);
    queue.close();
    queue.expect([greeting(), screen(0), screen(0)]).await;
    assert_eq!(queue.next().await, Next::End);
}

#[tokio::test]
async fn an_answer_comes_though_the_watcher_has_fallen_behind_and_answers_are_bounded() {
    let queue = Queue::default();
    flood(&queue, 0);
    for _ in 0..2 * MOST_OWN {
        queue.push_own(4, ANSWER);
    }
    for _ in 0..MOST_OWN {
        assert_eq!(queue.next().await, Next::Frame(ANSWER));
    }
    assert_eq!(queue.next().await, Next::Anew);
    assert!(queue.is_empty());
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_not_dropped_itself() {
    let queue = Queue::default();
    queue.push(0, Bytes::from_static(&[1; MOST]));
    queue.push_own(1, ANSWER);
    assert_eq!(queue.next().await, Next::Frame(ANSWER));
    assert_eq!(queue.next().await, Next::Anew);
}

#[tokio::test]
async fn a_frame_that_is_larger_than_the_queue_still_comes_through_alone() {
    let queue = Queue::default();
    let huge = Bytes::from_static(&[1; MOST + 1]);
    queue.push(0, huge.clone());
    assert_eq!(queue.next().await, Next::Frame(huge));
}
