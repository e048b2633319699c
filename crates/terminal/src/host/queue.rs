//! What waits for one watcher. Whoever fills it never waits: a watcher that does not read loses
//! what waits for it, and is shown the screen anew once it reads again.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use baton_wire::terminal::Frame;
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
    /// What comes whatever happens, all of it older than `frames`: greetings, screens, and answers
    /// to a watcher that has fallen behind.
    sure: VecDeque<Bytes>,
    /// How many answers were put there since it fell behind.
    answers: usize,
    /// What is dropped when it does not read.
    frames: VecDeque<(u64, Bytes)>,
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
    /// Begins with these frames, which come whatever is [pushed](Self::push) behind them: where
    /// they are lost, nothing that follows can be understood.
    pub(super) fn begin(&self, frames: impl IntoIterator<Item = Frame>) {
        let frames = frames.into_iter().map(|frame| frame.encode());
        self.lock().sure.extend(frames);
        self.news.notify_one();
    }

    /// Adds a frame about the terminal at `offset`. When it does not fit, everything that waits is
    /// dropped, and nothing is added until the watcher [begins again](Self::begin_again).
    pub(super) fn push(&self, offset: u64, frame: Bytes) {
        let mut inner = self.lock();
        match inner.state {
            State::Open => drop(inner.add(offset, frame)),
            State::Behind { .. } | State::Closed => return,
        }
        drop(inner);
        self.news.notify_one();
    }

    /// Adds an answer to this watcher, which comes though it has fallen behind.
    pub(super) fn push_own(&self, offset: u64, frame: Bytes) {
        let mut inner = self.lock();
        match inner.state {
            State::Open => {
                if let Some(frame) = inner.add(offset, frame) {
                    inner.answer(frame);
                }
            }
            State::Behind { .. } => inner.answer(frame),
            State::Closed => return,
        }
        drop(inner);
        self.news.notify_one();
    }

    /// [Begins](Self::begin) again if the watcher had fallen behind, with frames that are made of
    /// where it did. From then on frames are added.
    pub(super) fn begin_again<F>(&self, frames: impl FnOnce(u64) -> F)
    where
        F: IntoIterator<Item = Frame>,
    {
        let mut inner = self.lock();
        let State::Behind { from, .. } = inner.state else {
            return;
        };
        inner.state = State::Open;
        inner.answers = 0;
        drop(inner);
        self.begin(frames(from));
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
        inner.sure.is_empty() && inner.frames.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that is done under the lock can panic half-way.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Adds a frame, or drops what waits; it is given back then.
    fn add(&mut self, offset: u64, frame: Bytes) -> Option<Bytes> {
        match self.frames.front() {
            Some((from, _)) if self.bytes + frame.len() > MOST => {
                self.state = State::Behind {
                    from: *from,
                    said: false,
                };
                self.frames.clear();
                self.bytes = 0;
                Some(frame)
            }
            // One that is larger than the queue still comes through, alone.
            Some(_) | None => {
                self.bytes += frame.len();
                self.frames.push_back((offset, frame));
                None
            }
        }
    }

    fn answer(&mut self, frame: Bytes) {
        if self.answers < MOST_OWN {
            self.answers += 1;
            self.sure.push_back(frame);
        }
    }

    fn next(&mut self) -> Option<Next> {
        if let Some(frame) = self.sure.pop_front() {
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
mod tests;
