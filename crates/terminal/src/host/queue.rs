//! What waits for one watcher. Whoever fills it never waits: a watcher that does not read loses
//! what waits for it, and is shown the screen anew once it reads again.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::Notify;

/// The most that waits for a watcher, in bytes.
const MOST: usize = 512 << 10;

/// The most answers to a watcher that wait for it while it has fallen behind.
const MOST_OWN: usize = 256;

/// Frames on their way to one watcher.
#[derive(Debug, Default)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    frames: VecDeque<(u64, Bytes)>,
    /// Answers to what it has typed, since it fell behind.
    own: VecDeque<Bytes>,
    bytes: usize,
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// Frames were dropped; the first byte that is missing stands here.
    Behind { from: u64, said: bool },
    /// Nothing more comes.
    Closed,
}

/// What a watcher gets next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A frame.
    Frame(Bytes),
    /// It has to be shown the screen: what came before was dropped.
    Anew,
    /// Nothing more.
    End,
}

impl Queue {
    /// Adds a frame about the terminal at `offset`. When it does not fit, everything that waits is
    /// dropped, and nothing is added until the watcher [catches up](Self::caught_up).
    pub(super) fn push(&self, offset: u64, frame: Bytes) {
        let mut inner = self.lock();
        match inner.state {
            State::Open => inner.add(offset, frame),
            State::Behind { .. } | State::Closed => return,
        }
        drop(inner);
        self.news.notify_one();
    }

    /// Adds an answer to this watcher, which comes though it has fallen behind.
    pub(super) fn push_own(&self, offset: u64, frame: Bytes) {
        let mut inner = self.lock();
        match inner.state {
            State::Open => inner.add(offset, frame),
            State::Behind { .. } if inner.own.len() < MOST_OWN => inner.own.push_back(frame),
            State::Behind { .. } | State::Closed => return,
        }
        drop(inner);
        self.news.notify_one();
    }

    /// Where the watcher fell behind, if it has; from here on frames are added again.
    pub(super) fn caught_up(&self) -> Option<u64> {
        let mut inner = self.lock();
        let State::Behind { from, .. } = inner.state else {
            return None;
        };
        inner.state = State::Open;
        Some(from)
    }

    /// Adds nothing more; what waits is still given out.
    pub(super) fn close(&self) {
        self.lock().state = State::Closed;
        self.news.notify_one();
    }

    /// The next for the watcher. `Anew` is said once.
    pub(super) async fn next(&self) -> Next {
        loop {
            let news = self.news.notified();
            if let Some(next) = self.lock().next() {
                return next;
            }
            news.await;
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        let inner = self.lock();
        inner.frames.is_empty() && inner.own.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that is done under the lock can panic half-way.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add(&mut self, offset: u64, frame: Bytes) {
        match self.frames.front() {
            Some((from, _)) if self.bytes + frame.len() > MOST => {
                self.state = State::Behind {
                    from: *from,
                    said: false,
                };
                self.frames.clear();
                self.bytes = 0;
            }
            // One that is larger than the queue still comes through, alone.
            Some(_) | None => {
                self.bytes += frame.len();
                self.frames.push_back((offset, frame));
            }
        }
    }

    fn next(&mut self) -> Option<Next> {
        if let Some(frame) = self.own.pop_front() {
            return Some(Next::Frame(frame));
        }
        if let Some((_, frame)) = self.frames.pop_front() {
            self.bytes -= frame.len();
            return Some(Next::Frame(frame));
        }
        match self.state {
            State::Open | State::Behind { said: true, .. } => None,
            State::Behind { from, .. } => {
                self.state = State::Behind { from, said: true };
                Some(Next::Anew)
            }
            State::Closed => Some(Next::End),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIG: Bytes = Bytes::from_static(&[7; 200 << 10]);

    #[tokio::test]
    async fn a_watcher_that_does_not_read_loses_what_waits_and_is_told_from_where() {
        let queue = Queue::default();
        for offset in [0, 1, 2, 3] {
            queue.push(offset, BIG);
        }
        assert_eq!(queue.next().await, Next::Anew);
        assert_eq!(queue.caught_up(), Some(0));
        assert_eq!(queue.caught_up(), None);
        queue.push(9, BIG);
        queue.close();
        queue.push(10, BIG);
        assert_eq!(queue.next().await, Next::Frame(BIG));
        assert_eq!(queue.next().await, Next::End);
    }

    #[tokio::test]
    async fn an_answer_comes_though_the_watcher_has_fallen_behind_and_answers_are_bounded() {
        let queue = Queue::default();
        for offset in [0, 1, 2, 3] {
            queue.push(offset, BIG);
        }
        for _ in 0..2 * MOST_OWN {
            queue.push_own(4, Bytes::from_static(b"accepted"));
        }
        for _ in 0..MOST_OWN {
            let answer = queue.next().await;
            assert_eq!(answer, Next::Frame(Bytes::from_static(b"accepted")));
        }
        assert_eq!(queue.next().await, Next::Anew);
        assert!(queue.is_empty());
    }

    #[tokio::test]
    async fn a_frame_that_is_larger_than_the_queue_still_comes_through_alone() {
        let queue = Queue::default();
        let huge = Bytes::from(vec![1; MOST + 1]);
        queue.push(0, huge.clone());
        assert_eq!(queue.next().await, Next::Frame(huge));
    }
}
